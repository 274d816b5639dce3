"""How mails share the connections to a server that lets in fewer than we would open, or takes its time to."""

import asyncio
from dataclasses import replace

import pytest

from email_processor.outbound.pool import Pool
from email_processor.outbound.send_result import Outcome, SendResult
from email_processor.outbound.smtp import Connection
from tests.outbound.servers import odd_server
from tests.outbound.test_smtp import make_envelope, route_to

HELLO = b"220 hello\r\n"


def send_together(port: int, mails: int, limit: int = 3) -> list[SendResult]:
    """What comes of mails that are all handed over at the same time, to a pool of so many connections at most."""

    async def send_all() -> list[SendResult]:
        pool = Pool(route_to(port, limit=limit))
        results = await asyncio.gather(*(pool.send(make_envelope()) for _ in range(mails)))
        await pool.give_up()
        return results

    return asyncio.run(send_all())


def outcomes(results: list[SendResult]) -> set[Outcome]:
    return {result.outcome for result in results}


@pytest.mark.parametrize(
    "no_more",
    [
        pytest.param(None, id="closes at once"),
        pytest.param(b"421 4.7.0 Too many connections from you\r\n", id="says 421"),
        pytest.param(b"554 5.7.1 Go away\r\n", id="says 554"),
        pytest.param(b"", id="never greets"),
    ],
)
def test_a_server_that_lets_in_one_connection_gets_all_mails_over_it(no_more: bytes | None) -> None:
    with odd_server(GREETING=[HELLO, no_more]) as server:
        assert outcomes(send_together(server.port, mails=8)) == {Outcome.SENT}


def test_it_stops_asking_a_server_that_lets_in_no_more() -> None:
    with odd_server(GREETING=[HELLO, None]) as server:
        send_together(server.port, mails=20)
        assert server.connections == 3


def test_mails_to_a_server_that_lets_nobody_in_are_told_so() -> None:
    with odd_server(GREETING=b"421 4.3.2 Not now\r\n") as server:
        results = send_together(server.port, mails=8)
    assert {(result.outcome, result.code) for result in results} == {(Outcome.DEFERRED, 421)}
    assert server.connections == 8


def test_a_server_that_takes_one_mail_a_connection_gets_them_all() -> None:
    with odd_server(CONTENT=b"250 2.0.0 Taken\r\n421 4.7.0 One each\r\n") as server:
        assert outcomes(send_together(server.port, mails=8)) == {Outcome.SENT}


def test_a_server_that_breaks_off_after_each_mail_gets_them_all() -> None:
    """It closes without a word, so that the next mail finds out only after its MAIL."""
    fine = b"250 2.0.0 fine\r\n"
    with odd_server(MAIL=[fine, None, fine, None, fine, None, fine]) as server:
        assert outcomes(send_together(server.port, mails=4, limit=1)) == {Outcome.SENT}


def test_for_a_mail_that_was_taken_back_nothing_is_opened() -> None:
    async def take_back(pool: Pool) -> bool:
        mail = asyncio.create_task(pool.send(make_envelope()))
        await asyncio.sleep(0)
        mail.cancel()
        await asyncio.gather(mail, return_exceptions=True)
        await pool.give_up()
        return pool.is_unused

    with odd_server(GREETING=b"") as server:
        assert asyncio.run(take_back(Pool(route_to(server.port))))


def test_a_goodbye_that_is_broken_off_leaves_nothing_open() -> None:
    async def break_off(port: int) -> bool:
        connection = Connection(replace(route_to(port), address="127.0.0.1"))
        assert await connection.open() is None
        goodbye = asyncio.create_task(connection.close())
        await asyncio.sleep(0)
        goodbye.cancel()
        await asyncio.gather(goodbye, return_exceptions=True)
        return connection.is_open

    with odd_server(QUIT=b"") as server:
        assert not asyncio.run(break_off(server.port))
