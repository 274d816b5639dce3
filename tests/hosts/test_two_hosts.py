"""Two worker hosts, each with a zone of its own, on one database and one broker."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from project.demo.instance import ROOT
from tests.hosts.namespaces import SERVER, Host, hosts, missing
from tests.real_mail import skip_where
from tests.waiting import eventually

pytestmark = pytest.mark.hosts
PORT, MAILS, ZONES = 2525, 20, ("north", "south")


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=written, stderr=written)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a platform of its own: SQLite and a broker of files, which hosts share that share the disk."""
    own = {"EPM_VAR": str(tmp_path / "var"), "EPM_MODE": "embedded", "DJANGO_SETTINGS_MODULE": "project.settings"}
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **own}


@pytest.fixture
def near_and_far() -> Iterator[tuple[Host, list[Host]]]:
    skip_where(missing())
    with hosts(len(ZONES)) as made:
        yield made


def test_each_zone_sends_from_its_own_host(
    near_and_far: tuple[Host, list[Host]], environment: dict[str, str], tmp_path: Path
) -> None:
    far, near = near_and_far
    log, taken = tmp_path / "log", tmp_path / "taken"
    taken.touch()
    cast = [sys.executable, "-m", "tests.hosts.cast", SERVER, str(PORT), str(MAILS), *ZONES]
    subprocess.run(cast, cwd=ROOT, env=environment, check=True)
    with ExitStack() as stack:
        sink = far.command(sys.executable, "-m", "tests.hosts.sink", SERVER, str(PORT), str(taken))
        stack.enter_context(running(sink, environment, log))
        for zone, host in zip(ZONES, near, strict=True):
            worker = host.command(sys.executable, "manage.py", "worker")
            stack.enter_context(running(worker, {**environment, "EPM_ZONES": zone}, log))
        expected = Counter(
            f"{host.address} {number}@{zone}.example"
            for zone, host in zip(ZONES, near, strict=True)
            for number in range(MAILS)
        )
        eventually(
            lambda: Counter(taken.read_text().splitlines()) >= expected, "every mail", timeout=60, log=log.read_text
        )
    assert Counter(taken.read_text().splitlines()) == expected
