import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from email_processor.browser import actions, answer, turns
from email_processor.browser.launching import schedule_message, schedule_receipt
from email_processor.browser.turns import browse_due
from email_processor.models import Message, Session, Turn
from epm.models import Application
from lib import retry
from tests.browser.tools import arrived, make_due, receipt_for, sent_by, the_session, the_turn
from tests.receivers import Receiver, Reply

pytestmark = pytest.mark.django_db

SEND = {"type": "send", "to": ["boss@example.net"], "subject": "News", "body": "Somebody wrote."}


def test_an_empty_answer_ends_the_session(greeter: Application) -> None:
    schedule_message(arrived(), greeter)
    assert browse_due() == 1
    assert (the_session().state, the_session().due_at) == (Session.State.ENDED, None)
    assert the_turn().answered_at is not None


def test_an_answer_without_end_keeps_it_running(greeter: Application, server: Receiver) -> None:
    server.answers_json({"variables": {"step": 1}})
    schedule_message(arrived(), greeter)
    browse_due()
    assert (the_session().state, the_session().variables) == (Session.State.RUNNING, {"step": 1})


def test_turns_of_one_session_go_in_order_and_share_its_variables(greeter: Application, server: Receiver) -> None:
    server.answers_json({"variables": {"a": 1}}, {"variables": {"b": 2}}, {"actions": [{"type": "end"}]})
    session = schedule_message(arrived(), greeter)
    for _ in range(2):
        schedule_receipt(receipt_for(sent_by(session)))
    assert browse_due() == 3
    told = [received.json()["session"] for received in server.received]
    assert [(t["turn"], t["variables"]) for t in told] == [(1, {}), (2, {"a": 1}), (3, {"a": 1, "b": 2})]
    session.refresh_from_db()
    assert session.state == Session.State.ENDED


def test_a_turn_that_failed_keeps_back_those_after_it(greeter: Application, server: Receiver) -> None:
    server.answers(Reply(500))
    session = schedule_message(arrived(), greeter)
    schedule_receipt(receipt_for(sent_by(session)))
    browse_due()
    assert [received.json()["session"]["turn"] for received in server.received] == [1]


@pytest.mark.parametrize(("attempts", "planned"), list(enumerate(retry.NOTIFICATIONS)))
def test_it_is_tried_again_on_the_schedule(
    greeter: Application, server: Receiver, attempts: int, planned: timedelta
) -> None:
    server.answers(Reply(503))
    schedule_message(arrived(), greeter)
    Turn.objects.update(attempts=attempts)
    browse_due()
    due_at = the_session().due_at
    assert due_at is not None
    assert planned * 0.79 - timedelta(seconds=1) < due_at - timezone.now() <= planned * 1.2
    assert (the_turn().attempts, the_turn().status, the_turn().answered_at) == (attempts + 1, 503, None)


@pytest.mark.parametrize(("status", "attempts"), [(500, len(retry.NOTIFICATIONS)), (410, 0)])
def test_it_gives_up_after_the_last_retry_or_when_told(
    greeter: Application, server: Receiver, status: int, attempts: int
) -> None:
    server.answers(Reply(status))
    schedule_message(arrived(), greeter)
    Turn.objects.update(attempts=attempts)
    browse_due()
    assert (the_session().state, the_session().due_at) == (Session.State.FAILED, None)
    assert the_turn().problem == f"the server answered {status}"


def test_the_next_turn_is_taken_after_one_was_given_up(greeter: Application, server: Receiver) -> None:
    server.answers(Reply(410), Reply(200))
    session = schedule_message(arrived(), greeter)
    schedule_receipt(receipt_for(sent_by(session)))
    browse_due()
    session.refresh_from_db()
    assert [received.json()["session"]["turn"] for received in server.received] == [1, 2]
    assert session.state == Session.State.ENDED


def test_where_the_url_was_emptied_the_session_fails_and_says_why(greeter: Application) -> None:
    schedule_message(arrived(), greeter)
    Application.objects.update(application_url="")
    browse_due()
    assert (the_session().state, the_turn().problem) == (Session.State.FAILED, turns.NO_URL)


def test_a_disabled_application_is_called_later(greeter: Application, server: Receiver) -> None:
    schedule_message(arrived(), greeter)
    Application.objects.update(enabled=False)
    browse_due()
    assert (the_session().state, the_turn().problem) == (Session.State.RUNNING, turns.DISABLED)
    assert server.received == []


def test_several_sessions_are_called_at_once(greeter: Application, server: Receiver) -> None:
    both = threading.Barrier(2, timeout=5)

    def script(received: Any) -> Reply:
        both.wait()
        return Reply()

    server.script = script
    for _ in range(2):
        schedule_message(arrived(), greeter)
    browse_due()
    assert not Turn.objects.filter(answered_at=None).exists()


# --- crashes


def test_a_crash_between_the_call_and_its_settlement_calls_again_with_the_same_id(
    greeter: Application, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers_json({"actions": [SEND]})
    schedule_message(arrived(), greeter)
    with monkeypatch.context() as crash:
        crash.setattr(turns, "_take_answer", _die)
        with pytest.raises(KeyboardInterrupt):
            browse_due()
    assert browse_due() == 0
    make_due()
    browse_due()
    assert [r.headers["webhook-id"] for r in server.received] == [f"{the_session().pk}-1"] * 2
    assert Message.objects.count() == 1


def test_a_crash_while_the_actions_are_performed_leaves_none_of_them(
    greeter: Application, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers_json({"actions": [SEND, {"type": "end"}]})
    schedule_message(arrived(), greeter)
    with monkeypatch.context() as crash:
        crash.setitem(actions.ACTIONS, "end", _die)
        with pytest.raises(KeyboardInterrupt):
            browse_due()
    assert not Message.objects.exists()


def _die(*args: Any) -> Any:
    raise KeyboardInterrupt


def test_a_bug_in_one_turn_spoils_no_other_and_is_tried_again(
    greeter: Application, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers_json({"actions": [{"type": "end"}]}, {"actions": [SEND]})
    monkeypatch.setitem(actions.ACTIONS, "end", _fail)
    for _ in range(2):
        schedule_message(arrived(), greeter)
    assert browse_due() == 2
    assert Message.objects.count() == 1
    assert Turn.objects.get(answered_at=None).problem == "the answer could not be worked in: ZeroDivisionError: oh"


def _fail(*args: Any) -> Any:
    raise ZeroDivisionError("oh")


# --- answers that are none


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"ok", "the answer is not JSON (RFC 8259)"),
        (b"[]", "the answer is not a JSON object"),
        (b'{"actions": {}}', "actions is not a list"),
        (b'{"variables": []}', "variables is not an object"),
        (b'{"action": []}', "the answer has a member 'action'; it may have actions and variables"),
        (b'{"variables": {"x": NaN}}', "the answer is not JSON (RFC 8259)"),
        (b'{"variables": {"x": 1e999}}', "the answer is not JSON (RFC 8259)"),
        (b"[" * 100_000, "the answer is not JSON (RFC 8259)"),
        (b"\xff\xfe\x00", "the answer is not JSON (RFC 8259)"),
        (b'{"actions": [' + b"1," * 20 + b"1]}", "there are 21 actions; at most 20 are performed"),
        (
            b'{"variables": {"x": "' + b"x" * 64_000 + b'"}}',
            "the session's variables have more than 64,000 octets",
        ),
    ],
)
def test_an_answer_that_cannot_be_read_fails_the_session_and_says_why(
    greeter: Application, server: Receiver, body: bytes, problem: str
) -> None:
    server.answers(Reply(200, body))
    schedule_message(arrived(), greeter)
    browse_due()
    assert (the_session().state, the_turn().problem) == (Session.State.FAILED, problem)
    assert (the_session().due_at, the_turn().results) == (None, [])


def test_an_answer_that_is_too_long_is_not_read(
    greeter: Application, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "LIMIT", 10)
    server.answers_json({"actions": [SEND]})
    schedule_message(arrived(), greeter)
    browse_due()
    assert the_turn().problem == "the answer is longer than 10 octets"


def test_what_a_database_cannot_store_is_replaced(greeter: Application, server: Receiver) -> None:
    server.answers(Reply(200, b'{"variables": {"x": "a\\u0000\\ud800"}}'))
    schedule_message(arrived(), greeter)
    browse_due()
    assert the_session().variables == {"x": "a\N{REPLACEMENT CHARACTER}?"}
