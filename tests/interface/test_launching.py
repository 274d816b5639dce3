from typing import Any

import pytest

from email_processor.models import Message, Session
from epm.models import Application, Credential, EmailConnection
from tests.interface.conftest import Door, problem
from tests.receivers import Receiver, Reply, receiver

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = {
    "applicationName": "orders",
    "from": ["jo@example.net", '"Doe, Sam" <sam@example.net>'],
    "to": ["orders@example.com"],
    "subject": "Where is it?",
}


@pytest.fixture
def running(application: Application) -> Any:
    """A server that plays the application `orders`."""
    with receiver() as server:
        application.application_url = f"{server.url}/run"
        application.save()
        yield server


def test_it_launches_an_application_and_answers_its_session(door: Door, running: Receiver) -> None:
    answer = door.post("launches", {**LAUNCH, "appParameters": {"topic": "tea"}, "parentID": "call-1"})
    session = Session.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"session_id": str(session.pk)})
    assert (session.parameters, session.parent) == ({"topic": "tea"}, "call-1")


def test_it_tells_the_application_of_all_outside_addresses(door: Door, running: Receiver) -> None:
    door.post("launches", LAUNCH)
    launch = running.received[0].json()["event"]["launch"]
    assert launch["from"] == 'jo@example.net, "Doe, Sam" <sam@example.net>'
    assert launch["to"] == ["orders@example.com"]


def test_it_sends_nothing_by_itself(door: Door, running: Receiver) -> None:
    door.post("launches", {**LAUNCH, "from": "jo@example.net"})
    assert not Message.objects.exists()


def test_it_says_that_the_application_refused(door: Door, running: Receiver) -> None:
    running.answers(Reply(500))
    assert problem(door.post("launches", LAUNCH))[:2] == (502, "launch_failed")


def test_it_says_that_the_application_was_too_slow(door: Door, running: Receiver) -> None:
    running.answers(Reply(hang=True))
    assert problem(door.post("launches", {**LAUNCH, "requestTimeout": 1}))[:2] == (504, "launch_timeout")


def test_it_launches_once_for_one_key(door: Door, running: Receiver) -> None:
    answers = [door.post("launches", LAUNCH, Idempotency_Key="k").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(running.received) == 1


def test_a_launch_that_failed_may_be_tried_again_with_its_key(door: Door, running: Receiver) -> None:
    running.answers(Reply(500), Reply(200))
    assert door.post("launches", LAUNCH, Idempotency_Key="k").status_code == 502
    assert door.post("launches", LAUNCH, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"applicationName": "strange"}, 404, "unknown_application", "applicationName"),
        ({"from": []}, 400, "invalid_request", "from"),
        ({"to": []}, 400, "no_recipients", "to"),
        ({"sendAt": "2031-01-31T08:00:00Z"}, 400, "invalid_request", "sendAt"),
        ({"bcc": ["x@example.net"]}, 400, "invalid_request", "bcc"),
        ({"appParameters": "a=b"}, 400, "invalid_request", "appParameters"),
    ],
)
def test_it_refuses_by_name(door: Door, change: dict[str, Any], status: int, code: str, field: str) -> None:
    assert problem(door.post("launches", {**LAUNCH, **change})) == (status, code, field)
    assert not Session.objects.exists()


def test_it_wants_the_application_named(
    door: Door, credential: tuple[Credential, str], connection: EmailConnection
) -> None:
    unnamed = {name: value for name, value in LAUNCH.items() if name != "applicationName"}
    assert problem(door.post("launches", unnamed)) == (400, "invalid_request", "applicationName")
