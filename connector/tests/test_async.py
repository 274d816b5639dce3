"""The connector that is awaited: what is its own. The calls themselves are tested against the platform."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from epm_connector import AsyncEmailNotificationConnector, ConnectorError, Email
from stub import ACCEPTED, Platform

T = TypeVar("T")
EMAIL = Email(sender="shop@example.com", to="jo@example.net")


def run(platform: Platform, use: Callable[[AsyncEmailNotificationConnector], Awaitable[T]]) -> T:
    async def used() -> T:
        async with AsyncEmailNotificationConnector(platform.url, "epm_1", "s3cret", "orders") as connector:
            return await use(connector)

    return asyncio.run(used())


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, in seconds; nobody really waits."""
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    for module in ("retrying", "email_async"):
        monkeypatch.setattr(f"epm_connector.{module}.pause", pause)
    monkeypatch.setattr("epm_connector.email_async.monotonic", lambda: 0.0)
    return waited


def test_it_sends(platform: Platform) -> None:
    platform.answer(202, ACCEPTED)
    assert run(platform, lambda connector: connector.send(EMAIL)).message_id == "m-1"


def test_it_tries_again_under_one_key(platform: Platform, pauses: list[float]) -> None:
    platform.refuse(429, "rate_limited", {"Retry-After": "17"}, retryable=True)
    platform.answer(202, ACCEPTED)
    run(platform, lambda connector: connector.send(EMAIL))
    assert (pauses, len({asked.json()["idempotencyKey"] for asked in platform.asked})) == ([17], 1)


def test_it_gives_up_at_last(platform: Platform, pauses: list[float]) -> None:
    platform.refuse(503, "processor_unavailable", retryable=True)
    with pytest.raises(ConnectorError, match="processor_unavailable"):
        run(platform, lambda connector: connector.send(EMAIL))
    assert (len(platform.asked), len(pauses)) == (4, 3)


def test_it_follows_events_and_asks_again_in_a_while(platform: Platform, pauses: list[float]) -> None:
    told = {"id": "e-1", "type": "email.sent", "timestamp": "2027-01-01T00:00:00Z", "application": "orders"}
    platform.answer(200, {"events": [], "next": "1-a"})
    platform.answer(200, {"events": [{**told, "zone": "main", "sequence": 1}], "next": "2-b"})

    async def first(connector: AsyncEmailNotificationConnector) -> str:
        return (await anext(connector.follow())).next

    assert (run(platform, first), pauses) == ("2-b", [1.0])


def test_it_sends_many_at_once(platform: Platform) -> None:
    platform.answer(202, ACCEPTED)

    async def ten(connector: AsyncEmailNotificationConnector) -> int:
        return len(await asyncio.gather(*(connector.send(EMAIL) for _ in range(10))))

    assert run(platform, ten) == len(platform.asked) == 10


def test_it_refuses_a_forged_call(platform: Platform) -> None:
    async def verified(connector: AsyncEmailNotificationConnector) -> None:
        connector.verify({}, b"{}")

    with pytest.raises(ConnectorError, match="bad_signature"):
        run(platform, verified)
