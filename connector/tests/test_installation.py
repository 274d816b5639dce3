import subprocess
import sys
import tomllib
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def test_it_brings_httpx_and_zeep_and_nothing_else() -> None:
    asked = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [name.partition(">")[0] for name in asked] == ["httpx", "zeep"]


def test_it_needs_neither_django_nor_the_platform() -> None:
    without = "import sys; sys.modules.update(dict.fromkeys(['django', 'epm', 'lib'])); import epm_connector.cli"
    done = subprocess.run([sys.executable, "-c", without], cwd=PACKAGE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_it_is_typed() -> None:
    assert (PACKAGE / "epm_connector/py.typed").exists()
