"""What is sent over a real pair of sockets, and when."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.client_socket import LIMIT, ClientSocket


@pytest.fixture
def pair() -> Iterator[tuple[ClientSocket, socket.socket]]:
    ours, client = socket.socketpair()
    with ClientSocket(ours) as line, client:
        client.setblocking(False)
        yield line, client


def arrived(client: socket.socket) -> bytes:
    try:
        return client.recv(2 * LIMIT)
    except BlockingIOError:
        return b""


def test_head_and_body_leave_together(pair: tuple[ClientSocket, socket.socket]) -> None:
    line, client = pair
    with line.gathered():
        line.sendall(b"head ")
        line.sendall(b"body")
        assert arrived(client) == b""
    assert arrived(client) == b"head body"


def test_outside_of_an_answer_nothing_is_held_back(pair: tuple[ClientSocket, socket.socket]) -> None:
    line, client = pair
    line.sendall(b"at once")
    assert arrived(client) == b"at once"


def test_what_there_is_no_room_for_goes_at_once_and_in_order(pair: tuple[ClientSocket, socket.socket]) -> None:
    line, client = pair
    with line.gathered():
        line.sendall(b"head ")
        line.sendall(b"x" * LIMIT)
        assert arrived(client) == b"head " + b"x" * LIMIT


def test_a_file_goes_after_what_was_held_back(pair: tuple[ClientSocket, socket.socket], tmp_path: Path) -> None:
    line, client = pair
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as file, line.gathered():
        line.sendall(b"head ")
        line.sendfile(file)
    assert arrived(client) + arrived(client) == b"head content"


def test_an_answer_that_breaks_off_goes_as_far_as_it_got(pair: tuple[ClientSocket, socket.socket]) -> None:
    line, client = pair

    def break_off() -> None:
        with line.gathered():
            line.sendall(b"head")
            raise RuntimeError("no body")

    with pytest.raises(RuntimeError):
        break_off()
    assert arrived(client) == b"head"


def test_nothing_goes_over_a_connection_that_was_closed(pair: tuple[ClientSocket, socket.socket]) -> None:
    line, client = pair
    with line.gathered():
        line.sendall(b"head")
        line.close()
    assert client.recv(10) == b""


def test_it_blocks_where_it_is_told_to(pair: tuple[ClientSocket, socket.socket]) -> None:
    line, _ = pair
    line.setblocking(False)
    assert not line.getblocking()
    line.setblocking(True)
    assert line.getblocking()
