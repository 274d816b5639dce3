"""`manage.py run` in a terminal of its own, which is left in the usual ways."""

import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from project.demo.instance import PORTS, ROOT, START_TIMEOUT, free_ports
from project.management.commands.run import PatientManager
from tests.waiting import eventually


class Terminal:
    """Where `manage.py run` is in the foreground."""

    def __init__(self, process: int, descriptor: int) -> None:
        self._process, self._descriptor = process, descriptor
        self._shown = b""
        os.set_blocking(descriptor, False)

    def shown(self) -> str:
        """All that was printed up to now."""
        with suppress(OSError):
            self._shown += os.read(self._descriptor, 65_536)
        return self._shown.decode(errors="replace")

    def has_ended(self) -> bool:
        self.shown()
        return os.waitpid(self._process, os.WNOHANG)[0] == self._process

    def press_control_c(self) -> None:
        os.write(self._descriptor, b"\x03")

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """One in which the greeting was printed."""
    own = {"EPM_VAR": str(tmp_path), "EPM_MODE": "embedded", "DJANGO_SETTINGS_MODULE": "project.settings"}
    ports = {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    process, descriptor = pty.fork()
    if not process:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "manage.py", "run"], {"PATH": os.environ["PATH"], **own, **ports})
    made = Terminal(process, descriptor)
    eventually(
        lambda: made.has_ended() or "EPM is running" in made.shown(), "the start", timeout=START_TIMEOUT, log=made.shown
    )
    assert "EPM is running" in made.shown()
    yield made
    for left in running(tmp_path):
        os.kill(left, signal.SIGKILL)


def running(folder: Path) -> list[int]:
    """The processes of the instance in `folder`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"EPM_VAR={folder}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


@pytest.fixture
def signals_of_our_own() -> Iterator[None]:
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in usual.items():
        signal.signal(number, handler)


def test_who_leaves_early_leaves_nothing_running(
    signals_of_our_own: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manager = PatientManager()
    manager.add_process("sleeper", "exec sleep 600", env={**os.environ, "EPM_VAR": str(tmp_path)})
    start = manager._start

    def start_and_be_interrupted() -> None:
        start()
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(manager, "_start", start_and_be_interrupted)
    manager.loop()
    assert (manager.returncode, running(tmp_path)) == (128 + signal.SIGINT, [])


@pytest.mark.parametrize("leave", [Terminal.press_control_c, Terminal.close])
def test_who_leaves_leaves_nothing_running(
    terminal: Terminal, tmp_path: Path, leave: Callable[[Terminal], None]
) -> None:
    assert len(running(tmp_path)) > 7
    leave(terminal)
    eventually(terminal.has_ended, "the end", log=terminal.shown)
    eventually(lambda: not running(tmp_path), "the end of all others")
