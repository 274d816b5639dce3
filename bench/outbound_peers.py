"""What users would pick instead, driven with the same work in the same run; None where it is not at hand."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

_PEERS = Path(__file__).resolve().parents[2] / "shared" / "peers"


def postfix(count: int) -> float | None:
    """Mails a second through Postfix, from accepting to delivered."""
    script = _PEERS / "bench_postfix.sh"
    if not script.exists() or which("postfix") is None or os.geteuid() != 0:
        _say_missing("Postfix")
        return None
    with tempfile.TemporaryDirectory(prefix="epm-postfix-") as folder:
        Path(folder).chmod(0o755)
        try:
            subprocess.run(["bash", script, "start", folder], check=True, stdout=subprocess.DEVNULL)
            return _figure(["bash", script, "bench", folder, str(count)], "end_to_end_per_s")
        finally:
            subprocess.run(["bash", script, "stop", folder], check=False)


def post_office(database_url: str, count: int) -> float | None:
    """Mails a second drained by django-post_office."""
    script = _PEERS / "bench_post_office.py"
    if not script.exists():
        _say_missing("post_office")
        return None
    with tempfile.TemporaryDirectory(prefix="epm-post-office-") as folder, _database(database_url) as (url, place):
        python = Path(folder) / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "django~=5.2", "django-post_office", "psycopg[binary]"], check=True)
        return _figure([python, script, url, str(count)], "drain_per_s", **place)


@contextmanager
def _database(url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A database of its own, in the form the script reads, and where its server is, as libpq reads it: it may be a socket."""
    name = f"peer_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        place = {"PGHOST": server.info.host, "PGPORT": str(server.info.port)}
        try:
            yield f"postgresql://{server.info.user}:{server.info.password}@/{name}", place
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _figure(command: list[Any], name: str, **environment: str) -> float:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    return float(json.loads(done.stdout.splitlines()[-1])[name])


def _say_missing(peer: str) -> None:
    print(f"{peer} or its script is not here: its figures are left out", file=sys.stderr)
