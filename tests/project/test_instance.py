import os
import signal
import threading
from pathlib import Path

import pytest

from project.demo.instance import Instance
from tests.waiting import eventually


def test_who_kills_a_process_waits_for_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance, born = Instance({}, tmp_path / "log"), tmp_path / "born"
    instance._commands["parent"] = f"sh -c 'sleep 600 & touch {born}; wait'"
    instance.start("parent")
    eventually(born.exists, "a child", log=instance.log.read_text)
    kill_all, group = os.killpg, instance.group("parent")

    def kill_the_child_later(number: int, sent: int) -> None:
        if sent != signal.SIGKILL:
            return kill_all(number, sent)
        os.kill(number, sent)
        return threading.Timer(0.2, kill_all, (number, sent)).start()

    monkeypatch.setattr(os, "killpg", kill_the_child_later)
    instance.kill("parent")
    with pytest.raises(ProcessLookupError):
        kill_all(group, 0)
