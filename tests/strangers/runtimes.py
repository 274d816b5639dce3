"""What the clients of other languages need, and whether it is here. `.ci/run` installs all of it."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from project.demo.instance import ROOT

NODE_MODULES = ROOT / "examples/node/node_modules"
JAX_WS = Path("/usr/share/java/jaxws-rt.jar")
"""Debian's libjaxws-java; its manifest names all that it needs."""
STRANGERS = ROOT / "tests/strangers"
STRANGERS_IN_NODE = STRANGERS / "node/node_modules"
STRANGERS_IN_PYTHON = STRANGERS / "python/.venv/bin"


@dataclass(frozen=True, slots=True)
class Command:
    """The beginning of a command, and variables it needs."""

    words: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)


def without_node() -> str:
    if not shutil.which("node"):
        return "Node is not installed (Debian's nodejs)"
    return "" if (NODE_MODULES / "soap").is_dir() else "node-soap is not installed: npm ci --prefix examples/node"


def without_strangers_in_node() -> str:
    if not shutil.which("node"):
        return "Node is not installed (Debian's nodejs)"
    return "" if STRANGERS_IN_NODE.is_dir() else "its packages are not installed: npm ci --prefix tests/strangers/node"


def without_strangers_in_python() -> str:
    folder = STRANGERS_IN_PYTHON.parent.relative_to(ROOT)
    made = f"python3 -m venv {folder}, then pip install -r {folder.parent}/requirements.txt in it"
    return "" if (STRANGERS_IN_PYTHON / "openapi-python-client").exists() else f"its environment is not there: {made}"


def without_gsoap() -> str:
    wanted = {"wsdl2h": "gsoap", "soapcpp2": "gsoap", "gcc": "gcc"}
    absent = next((package for program, package in wanted.items() if not shutil.which(program)), "")
    return f"gSOAP or a compiler is not installed (Debian's {absent})" if absent else ""


def without_soap_lite() -> str:
    told = subprocess.run(["perl", "-MSOAP::Lite", "-e1"], capture_output=True, check=False)
    return "SOAP::Lite is not installed (Debian's libsoap-lite-perl)" if told.returncode else ""


def without_php() -> str:
    if not shutil.which("php"):
        return "PHP is not installed (Debian's php-cli)"
    told = subprocess.run(["php", "-m"], capture_output=True, text=True, check=False)
    return "" if "soap" in told.stdout.split() else "PHP has no SoapClient (Debian's php-soap)"


def without_java() -> str:
    wanted = {"java": "default-jre-headless", "javac": "default-jdk-headless", "wsimport": "jaxws"}
    absent = next((package for program, package in wanted.items() if not shutil.which(program)), "")
    return f"Java has no JAX-WS or no compiler (Debian's {absent})" if absent else ""


def run(command: Sequence[str], environment: Mapping[str, str], *, folder: Path = ROOT) -> str:
    """What `command` prints. Raises AssertionError with what it complained of."""
    given = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment}
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
