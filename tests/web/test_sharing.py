"""Two workers at one listening socket: whoever holds more lets the other go first, and nobody is left standing."""

import os
import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from project import web
from project.web import Worker
from tests.strangers.platform import running_platform
from tests.web.test_memory import children

ESTABLISHED = "01"


class Quiet(Worker):
    """A worker that takes connections and does not read from them."""

    def __init__(self, listener: socket.socket) -> None:
        config = Config()
        super().__init__(1, os.getppid(), [listener], None, 100, config, Logger(config))
        self.poller = selectors.DefaultSelector()
        self.taken: list[Any] = []
        self.set_accept_enabled(True)

    def enqueue_req(self, conn: Any) -> None:
        self.taken.append(conn)

    def look(self) -> None:
        """One round of gunicorn's loop, without waiting for long."""
        if not self._accepting:
            self.set_accept_enabled(True)
        self.wait_for_and_dispatch_events(0.05)

    def close(self) -> None:
        self.part.give_up()
        self.poller.close()
        for conn in self.taken:
            conn.close()


class Place:
    """A listening socket with two workers."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.first, self.second = Quiet(self._listener), Quiet(self._listener)
        stack.callback(self.first.close)
        stack.callback(self.second.close)

    def call(self) -> None:
        self._stack.enter_context(socket.create_connection(self._listener.getsockname()))


@pytest.fixture
def place() -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(stack)


def test_who_holds_more_lets_the_other_go_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STEP_BACK", 60)
    place.call()
    place.first.look()
    place.call()
    place.first.look()
    place.second.look()
    assert [len(place.first.taken), len(place.second.taken)] == [1, 1]


def test_it_takes_what_the_other_leaves(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STEP_BACK", 0)
    place.call()
    place.first.look()
    place.call()
    place.first.look()
    place.first.look()
    assert len(place.first.taken) == 2


def test_it_steps_back_for_nobody_who_has_ended(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STEP_BACK", 60)
    place.second.part.give_up()
    for _ in range(3):
        place.call()
        place.first.look()
    assert len(place.first.taken) == 3


def test_it_takes_more_again_when_others_hold_as_much(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STEP_BACK", 0)
    for worker in (place.first, place.second, place.first):
        place.call()
        worker.look()
    assert [len(place.first.taken), len(place.second.taken)] == [2, 1]


def held(process: int, port: int) -> int:
    """Connections to `port` that a process has open (man 5 proc)."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(f":{port:04X}") and line[3] == ESTABLISHED}
    links = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            links.add(os.readlink(descriptor))
    return len(links & ours)


def test_the_processes_of_a_real_instance_share_what_comes(tmp_path: Path) -> None:
    with (
        running_platform(tmp_path, "web", application_url="http://127.0.0.1:9", EPM_WEB_WORKERS="2") as platform,
        ExitStack() as stack,
    ):
        for _ in range(12):
            client = stack.enter_context(httpx.Client(auth=platform.caller, timeout=60))
            assert client.get(f"{platform.url}/api/v1/status").status_code == 200
        port = platform.instance.port("EPM_WEB_PORT")
        parts = [held(child, port) for child in children(platform.instance.group("web"))]
    assert sum(parts) == 12
    assert min(parts) >= 3
