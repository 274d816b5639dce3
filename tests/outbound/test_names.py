"""The names of mail servers, which the operating system looks up: a name server that says nothing holds up nobody else."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import Event, Semaphore
from typing import Any

import pytest

from email_processor.outbound import pool
from email_processor.outbound.dialling import dial
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import Outcome, SendResult, Stage
from email_processor.outbound.smtp import Connection
from epm.choices import Transport
from lib import names
from tests.outbound.servers import OddServer, odd_server

FOUR = 4
"""The threads in which uvloop itself would ask."""


@dataclass
class Silence:
    """Names under silent.example are not answered before `ends`."""

    real: Callable[..., Any]
    ends: Event = field(default_factory=Event)
    asked: list[str] = field(default_factory=list)
    begun: Semaphore = field(default_factory=lambda: Semaphore(0))

    def getaddrinfo(self, host: str, *more: Any, **options: Any) -> Any:
        if not host.endswith("silent.example"):
            return self.real(host, *more, **options)
        self.asked.append(host)
        self.begun.release()
        self.ends.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    silence = Silence(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", silence.getaddrinfo)
    yield silence
    silence.ends.set()


@pytest.fixture
def server() -> Iterator[OddServer]:
    with odd_server() as server:
        yield server


def begin(work: Coroutine[Any, Any, Any]) -> "Future[Any]":
    return asyncio.run_coroutine_threadsafe(work, pool.pools().loop)


def route(host: str, port: int = 25) -> Route:
    return Route(1, host, port, Transport.TCP, 1)


def test_a_name_that_is_not_answered_holds_up_no_other(silence: Silence, server: OddServer) -> None:
    waiting = [begin(dial(route(f"mail{n}.silent.example"))) for n in range(2 * FOUR)]
    for _ in waiting:
        silence.begun.acquire()
    opened = begin(dial(route("localhost", server.port))).result()
    assert isinstance(opened, Connection)
    silence.ends.set()
    assert {trouble.result().outcome for trouble in waiting} == {Outcome.DEFERRED}
    begin(opened.close()).result()


def test_many_connections_to_one_server_ask_for_its_name_once(silence: Silence) -> None:
    async def many() -> list[Connection | SendResult]:
        all_at_once = asyncio.gather(*(dial(route("silent.example")) for _ in range(50)))
        await asyncio.sleep(0)
        silence.ends.set()
        return await all_at_once

    assert {trouble.stage for trouble in begin(many()).result()} == {"route"}
    assert silence.asked == ["silent.example"]


def test_nobody_waits_longer_than_it_may(silence: Silence) -> None:
    with pytest.raises(TimeoutError):
        begin(names.addresses_of("silent.example", 0.01)).result()


def test_who_gives_up_leaves_the_answer_to_others(silence: Silence) -> None:
    patient = begin(names.addresses_of("silent.example", 60))
    with pytest.raises(TimeoutError):
        begin(names.addresses_of("silent.example", 0.01)).result()
    silence.ends.set()
    with pytest.raises(socket.gaierror):
        patient.result()


def test_an_address_is_not_asked_for(silence: Silence) -> None:
    assert begin(names.addresses_of("::1", 1)).result() == ("::1",)


def is_at(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_the_next_address_is_tried_where_one_is_down(monkeypatch: pytest.MonkeyPatch, server: OddServer) -> None:
    is_at(monkeypatch, "127.0.0.9", "127.0.0.1")
    opened = begin(dial(route("mail.example", server.port))).result()
    assert isinstance(opened, Connection)
    begin(opened.close()).result()


@pytest.mark.parametrize("name", ["..", "a" * 64 + ".example"])
def test_what_is_no_name_is_trouble(name: str) -> None:
    assert begin(dial(route(name))).result().outcome is Outcome.DEFERRED


def test_a_refused_password_is_not_tried_at_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many refusals lock an account."""
    is_at(monkeypatch, "127.0.0.1", "::ffff:127.0.0.1")
    with odd_server(EHLO=b"250-odd\r\n250 AUTH PLAIN\r\n", AUTH=b"535 5.7.8 wrong password\r\n") as server:
        there = replace(route("mail.example", server.port), user_name="epm", password="wrong")
        result = begin(dial(there)).result()
    assert (result.stage, server.connections) == (Stage.LOGIN, 1)
