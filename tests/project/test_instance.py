import os
import signal
import threading
from pathlib import Path

import pytest

from project.demo.instance import Instance, temporary_instance
from tests.waiting import eventually


def is_running(process: int) -> bool:
    """What has ended has no command line, even if nobody has collected it yet (man 5 proc)."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_who_kills_a_process_waits_for_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance, born = Instance({}, tmp_path / "log"), tmp_path / "born"
    born.touch()
    instance._commands["parent"] = f"sh -c 'sleep 600 & echo $! > {born}; wait'"
    instance.start("parent")
    child = int(eventually(born.read_text, "a child", log=instance.log.read_text))
    kill_all = os.killpg

    def kill_the_child_later(number: int, sent: int) -> None:
        if sent != signal.SIGKILL:
            return kill_all(number, sent)
        os.kill(number, sent)
        return threading.Timer(0.2, kill_all, (number, sent)).start()

    monkeypatch.setattr(os, "killpg", kill_the_child_later)
    instance.kill("parent")
    assert not is_running(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_temporary_instance_ends_with_whoever_made_it(tmp_path: Path, number: signal.Signals) -> None:
    begun = list[int]()

    def begin_and_be_told_to_end() -> None:
        with temporary_instance(tmp_path) as instance:
            instance._commands["process"] = "sleep 600"
            instance.start("process")
            begun.append(instance.group("process"))
            signal.raise_signal(number)

    with pytest.raises(SystemExit):
        begin_and_be_told_to_end()
    assert not is_running(begun[0])


def test_a_temporary_instance_stays_where_hangups_are_ignored(tmp_path: Path) -> None:
    """As under nohup."""
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with temporary_instance(tmp_path):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, usual)
