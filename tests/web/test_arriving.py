"""When a request has arrived, as far as one can tell from what is there."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from project import web
from project.web import ASIDE, Arriving, is_whole

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (HEAD + b"Content-Length: 3\r\n\r\n", False),
        (HEAD + b"Content-Length: 3\r\n\r\nab", False),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", True),
        (HEAD + b"content-length:3\r\n\r\nabcGET", True),
        (HEAD + b"Content-Length: three\r\n\r\n", True),
        (HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0;x=y\r\n\r\nGET / HTTP/1.1\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n7\r\na\r\n\r\nbc\r\n", False),
        (b"x" * ASIDE, True),
        (HEAD + b"Content-Length: 9000000\r\n\r\n" + b"x" * ASIDE, True),
    ],
)
def test_it_knows_what_is_whole(raw: bytes, whole: bool) -> None:
    assert is_whole(raw) is whole


@pytest.fixture
def slow_sockets(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Arriving]]:
    """Two bodies of which nothing comes, and one thread to wait for slow ones."""
    settings.EPM_REQUEST_SECONDS = 0.01
    monkeypatch.setattr(web, "PATIENCE", 0.0)
    pairs = [socket.socketpair() for _ in range(2)]
    places = threading.BoundedSemaphore(1)
    found = [Arriving(ours, places) for ours, _ in pairs]
    for one in found:
        one.in_body = True
    yield found
    for end in (end for pair in pairs for end in pair):
        end.close()


def test_no_more_threads_wait_for_slow_bodies_than_may(slow_sockets: list[Arriving]) -> None:
    first, second = slow_sockets
    with pytest.raises(TimeoutError):
        first.recv(10)
    with pytest.raises(OSError, match="too many others"):
        second.recv(10)


@pytest.mark.parametrize("ends", [Arriving.end, Arriving.begin])
def test_who_is_done_makes_place(slow_sockets: list[Arriving], ends: Callable[[Arriving], None]) -> None:
    first, second = slow_sockets
    with pytest.raises(TimeoutError):
        first.recv(10)
    ends(first)
    with pytest.raises(TimeoutError):
        second.recv(10)
