from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from epm.models import Application
from tests.examples.conftest import Serving, serving

LAUNCH = {"launch": {"from": "jo@example.net", "subject": ""}}
MESSAGE = {"from": "jo@example.net", "subject": "Hours?", "text": "When?", "automatic": False}


@pytest.fixture
def example(application: Application) -> Iterator[Serving]:
    with serving("application/application.py", {"EPM_EXAMPLE_SECRET": application.signing_secret}) as example:
        yield example
        assert example.end() == 0


@pytest.fixture
def call(example: Serving, application: Application) -> Callable[..., httpx.Response]:
    def called(path: str, body: Any, **more: Any) -> httpx.Response:
        return example.notify(application, path, body, **more)

    return called


def test_the_application_greets_whom_a_launch_names(call: Callable[..., httpx.Response]) -> None:
    answer = call("/application", {"event": LAUNCH}).json()
    assert (answer["actions"][0]["type"], answer["actions"][0]["to"]) == ("send", "jo@example.net")


def test_the_application_answers_a_mail(call: Callable[..., httpx.Response]) -> None:
    answer = call("/application", {"event": {"message": MESSAGE}}).json()
    assert answer["actions"][0]["type"] == "reply"


def test_the_application_does_not_answer_a_machine(call: Callable[..., httpx.Response]) -> None:
    assert call("/application", {"event": {"message": {**MESSAGE, "automatic": True}}}).content == b""


def test_the_application_prints_receipts(example: Serving, call: Callable[..., httpx.Response]) -> None:
    receipt = {"action": "failed", "status": "5.1.1", "explanation": "No such mailbox."}
    event = {"receipt": receipt, "message": {}, "recipient": {"address": "jo@example.net"}}
    assert call("/application", {"event": event}).status_code == 200
    assert example.printed() == "receipt: jo@example.net failed 5.1.1: No such mailbox."


def test_the_application_prints_notifications(example: Serving, call: Callable[..., httpx.Response]) -> None:
    body = {"type": "email.sent", "sequence": 1, "recipient": {"address": "jo@example.net"}}
    assert call("/notifications", body).status_code == 204
    assert example.printed() == "notification: email.sent jo@example.net (number 1)"


def test_the_application_refuses_what_is_not_signed_now(call: Callable[..., httpx.Response]) -> None:
    assert call("/application", {"event": LAUNCH}, at=datetime(2026, 1, 1).astimezone()).status_code == 401
