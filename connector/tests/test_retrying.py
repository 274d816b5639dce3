import socket

import pytest
from epm_connector import ConnectorError, Email, EmailNotificationConnector
from epm_connector.retrying import retrying
from stub import ACCEPTED, Platform

EMAIL = Email(sender="shop@example.com", to="jo@example.net")
AWAY = [(502, "launch_failed"), (503, "processor_unavailable"), (504, "launch_timeout"), (429, "rate_limited")]


@pytest.mark.parametrize(("status", "code"), AWAY)
def test_it_tries_again_where_that_can_help(
    platform: Platform, connector: EmailNotificationConnector, waits: list[float], status: int, code: str
) -> None:
    platform.refuse(status, code, retryable=True)
    platform.answer(202, ACCEPTED)
    assert connector.send(EMAIL).message_id == "m-1"
    assert len(waits) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_it_tries_again_where_a_proxy_says_so(
    platform: Platform, connector: EmailNotificationConnector, waits: list[float], status: int
) -> None:
    platform.answer(status, b"<html>Bad gateway</html>")
    platform.answer(202, ACCEPTED)
    assert connector.send(EMAIL).message_id == "m-1"


@pytest.mark.usefixtures("waits")
def test_it_keeps_one_key_over_all_tries(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.refuse(503, "processor_unavailable", retryable=True)
    platform.refuse(503, "processor_unavailable", retryable=True)
    platform.answer(202, ACCEPTED)
    connector.send(EMAIL)
    assert len({asked.json()["idempotencyKey"] for asked in platform.asked}) == 1
    assert len(platform.asked) == 3


def test_it_makes_a_fresh_key_for_every_call(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(202, ACCEPTED)
    connector.send(EMAIL)
    connector.send(EMAIL)
    assert len({asked.json()["idempotencyKey"] for asked in platform.asked}) == 2


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "invalid_request", False),
        (422, "attachment_unavailable", True),
        (500, "internal", False),
        (422, "idempotency_conflict", False),
    ],
)
def test_it_does_not_try_again_otherwise(
    platform: Platform,
    connector: EmailNotificationConnector,
    waits: list[float],
    status: int,
    code: str,
    retryable: bool,
) -> None:
    platform.refuse(status, code, retryable=retryable)
    with pytest.raises(ConnectorError, match=code):
        connector.send(EMAIL)
    assert not waits


def test_it_waits_as_long_as_it_is_asked_to(
    platform: Platform, connector: EmailNotificationConnector, waits: list[float]
) -> None:
    platform.refuse(429, "rate_limited", {"Retry-After": "17"}, retryable=True)
    platform.answer(202, ACCEPTED)
    connector.send(EMAIL)
    assert waits == [17]


def test_it_hands_on_a_wait_that_is_too_long(
    platform: Platform, connector: EmailNotificationConnector, waits: list[float]
) -> None:
    platform.refuse(429, "rate_limited", {"Retry-After": "3600"}, retryable=True)
    with pytest.raises(ConnectorError) as refusal:
        connector.send(EMAIL)
    assert (refusal.value.retry_after, waits) == (3600, [])


def test_it_gives_up_at_last(platform: Platform, connector: EmailNotificationConnector, waits: list[float]) -> None:
    platform.refuse(503, "processor_unavailable", retryable=True)
    with pytest.raises(ConnectorError) as refusal:
        connector.send(EMAIL)
    assert (refusal.value.retryable, len(platform.asked), len(waits)) == (True, 4, 3)


def test_it_tries_again_where_nobody_answers(waits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with (
        EmailNotificationConnector(f"http://127.0.0.1:{port}", "x", "y", attempts=3) as connector,
        pytest.raises(ConnectorError) as trouble,
    ):
        connector.send(EMAIL)
    assert (trouble.value.code, trouble.value.retryable, len(waits)) == ("unreachable", True, 2)


def test_it_does_not_try_again_where_it_was_called_wrongly(waits: list[float]) -> None:
    def broken() -> None:
        raise TypeError

    with pytest.raises(TypeError):
        retrying(broken)
    assert not waits
