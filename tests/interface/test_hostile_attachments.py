"""URLs of attachments that lead where nobody may look, and files that never end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from email_processor.models import Message
from lib import http
from tests.interface.conftest import Door, problem
from tests.receivers import Receiver, Reply, receiver

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
"""The first stands for the public Internet in these tests, the second for what lies behind the wall."""


@pytest.fixture(autouse=True)
def wall(settings: Settings) -> None:
    settings.EPM_HTTP_ALLOWED_PRIVATE = [ip_network(f"{HERE}/32")]


@pytest.fixture
def files() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


def sent(door: Door, url: str, **parameters: Any) -> Any:
    return door.send(attachments=[{"url": url}], **parameters)


@contextmanager
def secret() -> Iterator[list[bytes]]:
    """A server behind the wall: what it was asked."""
    asked: list[bytes] = []
    with socket.create_server((ELSEWHERE, 0)) as server:
        server.settimeout(0.01)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    client, _ = server.accept()
                    with client:
                        asked.append(client.recv(1000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        asked.append(f"{ELSEWHERE}:{server.getsockname()[1]}".encode())
        yield asked
        ended.set()
        thread.join()


def refused(answer: Any) -> bool:
    assert problem(answer)[:2] == (422, "attachment_unavailable")
    assert not Message.objects.exists()
    return "may not be called" in answer.json()["detail"]


@pytest.mark.parametrize("host", [ELSEWHERE, "localhost", "[::1]", "0x7f000002", "2130706434", "169.254.169.254"])
def test_it_fetches_nothing_from_behind_the_wall(door: Door, settings: Settings, host: str) -> None:
    settings.EPM_HTTP_ALLOWED_PRIVATE = []
    assert refused(sent(door, f"http://{host}/a"))


def test_a_redirect_leads_nowhere_behind_the_wall(door: Door, files: Receiver) -> None:
    with secret() as asked:
        files.answers(Reply(302, headers={"Location": f"http://{asked[0].decode()}/a"}))
        assert refused(sent(door, f"{files.url}/a"))
        assert len(asked) == 1


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://x/", "//", "http://", "ftp://example.net/a"])
def test_a_redirect_leads_only_to_the_web(door: Door, files: Receiver, location: str) -> None:
    files.answers(Reply(302, headers={"Location": location}))
    refused(sent(door, f"{files.url}/a"))


def test_redirects_come_to_an_end(door: Door, files: Receiver) -> None:
    files.answers(Reply(302, headers={"Location": "/again"}))
    answer = sent(door, f"{files.url}/a")
    assert problem(answer)[:2] == (422, "attachment_unavailable")
    assert len(files.received) <= http.REDIRECTS + 1


def test_a_name_that_changes_its_mind_gains_nothing(
    door: Door, files: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked first it is public, asked again it lies behind the wall: the first answer is the one that is connected to."""
    answers = [HERE, ELSEWHERE]

    def resolve(host: str, port: int, *rest: Any, **named: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    files.answers(Reply(200, b"public"))
    answer = sent(door, f"http://rebinding.example:{files.url.rpartition(':')[2]}/a")
    assert (answer.status_code, len(files.received), answers) == (202, 1, [ELSEWHERE])


@contextmanager
def endless(pieces: Iterator[bytes]) -> Iterator[str]:
    """The URL of a file whose server sends `pieces` until the client goes away."""
    with socket.create_server((HERE, 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            client, _ = server.accept()
            with client, suppress(OSError):
                client.recv(10_000)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nConnection: close\r\n\r\n")
                for piece in pieces:
                    if ended.wait(0 if len(piece) > 1 else 0.02):
                        return
                    client.sendall(piece)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://{HERE}:{server.getsockname()[1]}/a.pdf"
        ended.set()
        thread.join()


def test_a_file_that_never_ends_is_too_large(door: Door, settings: Settings) -> None:
    settings.EPM_MESSAGE_LIMIT = 1_000_000
    with endless(iter(lambda: b"x" * 65536, b"")) as url:
        assert problem(sent(door, url))[:2] == (413, "message_too_large")


def test_a_file_that_drips_for_ever_is_not_waited_for(door: Door) -> None:
    with endless(iter(lambda: b"x", b"")) as url:
        answer = sent(door, url, requestTimeout=1)
    assert problem(answer)[:2] == (422, "attachment_unavailable")
    assert "within" in answer.json()["detail"]


def test_a_file_larger_than_it_says_is_cut_and_refused(door: Door, files: Receiver, settings: Settings) -> None:
    settings.EPM_MESSAGE_LIMIT = 1000
    files.answers(Reply(200, b"x" * 5000))
    assert problem(sent(door, f"{files.url}/a"))[:2] == (413, "message_too_large")


def test_a_compressed_file_is_taken_as_it_is(door: Door, files: Receiver) -> None:
    """What unpacks to a thousand times its size is not unpacked."""
    files.answers(Reply(200, b"\x1f\x8b not really", {"Content-Encoding": "gzip"}))
    assert sent(door, f"{files.url}/a.gz").status_code == 202
    assert Message.objects.get().attachments.get().size == len(b"\x1f\x8b not really")
