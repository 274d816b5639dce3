from typing import Any

import pytest
from standardwebhooks import Webhook

from email_processor.browser import launching as launching_module
from email_processor.browser import turns
from email_processor.browser.launching import launch, schedule_message, schedule_receipt
from email_processor.browser.turns import browse_due
from email_processor.models import Message, Session, Turn
from email_processor.outbound.submission import Mailbox, Options, Refused, Submission
from epm.choices import MessageTypes
from epm.models import Application
from tests.browser.tools import MAIL, arrived, launching, make_due, receipt_for, sent_by, the_session, the_turn
from tests.factories import make_application, make_message
from tests.receivers import Receiver, Reply

pytestmark = pytest.mark.django_db


def refusal(submission: Submission, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        launch(submission, {}, **options)
    return caught.value


def session_of(application: Application, **fields: Any) -> Session:
    """A session of whom an application was told once."""
    session = schedule_message(arrived(), application)
    browse_due()
    Session.objects.filter(pk=session.pk).update(**fields)
    session.refresh_from_db()
    return session


# --- launchEmail


def test_a_launch_runs_the_application(greeter: Application, server: Receiver) -> None:
    session = launch(launching(greeter, parent="order-1"), {"topic": "tea"})
    told = server.received[0].json()
    assert (session.state, session.type, session.due_at) == (Session.State.ENDED, Session.Type.OUTBOUND, None)
    assert told["session"] == {
        "id": str(session.pk),
        "type": "outbound",
        "turn": 1,
        "parent": "order-1",
        "parameters": {"topic": "tea"},
        "variables": {},
    }


def test_a_launch_tells_of_the_mail_as_if_it_had_arrived(greeter: Application, server: Receiver) -> None:
    launch(launching(greeter), {})
    mail = server.received[0].json()["event"]["launch"]
    assert (mail["from"], mail["to"], mail["subject"]) == (
        '"Doe, Jane" <jane@example.net>',
        ["hello@example.com"],
        "Good morning?",
    )


def test_a_launch_is_signed(greeter: Application, server: Receiver) -> None:
    session = launch(launching(greeter), {})
    headers = dict(server.received[0].headers)
    assert Webhook(greeter.signing_secret).verify(server.received[0].body, headers)
    assert headers["webhook-id"] == f"{session.pk}-1"


def test_a_launch_sends_nothing_by_itself(greeter: Application) -> None:
    launch(launching(greeter), {})
    assert not Message.objects.exists()


def test_a_launch_performs_what_is_answered(greeter: Application, server: Receiver) -> None:
    server.answers_json({"actions": [{"type": "reply", "body": "Good morning!"}], "variables": {"greeted": True}})
    session = launch(launching(greeter, also_from=(Mailbox("john@example.net"),)), {})
    message = Message.objects.get()
    assert (message.session, message.sender, message.subject) == (session, "hello@example.com", "Good morning?")
    assert [r.address for r in message.recipients.all()] == ["jane@example.net", "john@example.net"]
    assert (session.state, session.variables) == (Session.State.RUNNING, {"greeted": True})


def test_what_a_launch_says_about_sending_holds_for_its_mails(greeter: Application, server: Receiver) -> None:
    server.answers_json({"actions": [{"type": "reply", "body": "Good morning!"}]})
    options = Options(notify="NEVER", sandbox=True, tags=("hello",), metadata={"customer": "17"})
    launch(launching(greeter, ucid="call-1", options=options), {})
    message = Message.objects.get()
    assert (message.sandbox, message.tags, message.metadata, message.ucid) == (
        True,
        ["hello"],
        {"customer": "17"},
        "call-1",
    )
    assert message.recipients.get().notify == "NEVER"


def test_a_refused_launch_is_told_at_once(greeter: Application, server: Receiver) -> None:
    server.answers(Reply(500))
    problem = refusal(launching(greeter))
    assert (problem.code, problem.detail) == (
        "launch_failed",
        "The application main:greeter does not run: the server answered 500.",
    )
    assert (the_session().state, the_session().due_at, the_turn().status) == (Session.State.FAILED, None, 500)


def test_a_launch_that_hangs_is_told_as_such(greeter: Application, server: Receiver) -> None:
    server.answers(Reply(hang=True))
    problem = refusal(launching(greeter), timeout=0.1)
    assert (problem.code, problem.detail) == (
        "launch_timeout",
        "The application main:greeter did not answer within 0.1 s.",
    )
    assert (the_session().state, the_turn().problem) == (Session.State.FAILED, "no answer within 0.1 s")


def test_a_launch_waits_no_longer_than_the_platform_allows(
    greeter: Application, server: Receiver, settings: Any
) -> None:
    settings.EPM_LAUNCH_TIMEOUT = 0.1
    server.answers(Reply(hang=True))
    assert refusal(launching(greeter), timeout=60).code == "launch_timeout"


def test_a_launch_nobody_listens_for_fails(greeter: Application) -> None:
    Application.objects.update(application_url="http://127.0.0.1:9/")
    greeter.refresh_from_db()
    assert refusal(launching(greeter)).code == "launch_failed"


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"enabled": False}, "application_disabled"), ({"application_url": ""}, "launch_failed")],
)
def test_what_cannot_run_is_not_launched(greeter: Application, fields: dict[str, Any], code: str) -> None:
    for name, value in fields.items():
        setattr(greeter, name, value)
    assert refusal(launching(greeter)).code == code
    assert not Session.objects.exists()


def test_no_sweep_takes_a_launch_that_is_under_way(greeter: Application, server: Receiver) -> None:
    server.script = lambda received: Reply(200)
    launching_module._begin(greeter, launching(greeter), {}, 30)
    assert browse_due() == 0


def test_a_launch_whose_caller_died_is_not_run_again(greeter: Application, server: Receiver) -> None:
    launching_module._begin(greeter, launching(greeter), {}, 30)
    make_due()
    browse_due()
    assert (the_session().state, the_turn().problem) == (Session.State.FAILED, turns.INTERRUPTED)
    assert server.received == []


# --- delivery receipts


def test_a_receipt_launches_the_application(greeter: Application, server: Receiver) -> None:
    message = make_message(greeter.zone, application=greeter)
    session = schedule_receipt(receipt_for(message))
    assert session is not None
    browse_due()
    told = server.received[0].json()
    assert (told["session"]["id"], told["session"]["type"]) == (str(session.pk), "receipt")
    assert (told["event"]["receipt"]["action"], told["event"]["receipt"]["status"]) == ("failed", "5.1.1")
    assert told["event"]["message"]["id"] == str(message.pk)
    assert told["event"]["recipient"]["address"] == "someone@example.net"


def test_a_receipt_goes_to_the_session_that_sent_the_mail(greeter: Application, server: Receiver) -> None:
    session = session_of(greeter, variables={"asked": 1})
    assert schedule_receipt(receipt_for(sent_by(session))) == session
    browse_due()
    told = server.received[-1].json()["session"]
    assert (told["id"], told["type"], told["turn"], told["variables"]) == (str(session.pk), "receipt", 2, {"asked": 1})


def test_a_session_that_had_ended_runs_again_for_a_receipt(greeter: Application) -> None:
    session = session_of(greeter)
    assert session.state == Session.State.ENDED
    schedule_receipt(receipt_for(sent_by(session)))
    session.refresh_from_db()
    assert (session.state, session.ended_at) == (Session.State.RUNNING, None)


def test_a_receipt_launches_only_who_takes_receipts(greeter: Application) -> None:
    message = make_message(greeter.zone, application=greeter)
    Application.objects.update(message_types=MessageTypes.REGULAR)
    assert schedule_receipt(receipt_for(message)) is None


def test_a_receipt_launches_nothing_without_an_application_url(greeter: Application) -> None:
    message = make_message(greeter.zone, application=greeter)
    Application.objects.update(application_url="")
    assert schedule_receipt(receipt_for(message)) is None


def test_a_receipt_in_quarantine_launches_nothing(greeter: Application) -> None:
    receipt = receipt_for(make_message(greeter.zone, application=greeter))
    receipt.recipient = None
    assert schedule_receipt(receipt) is None


def test_receipts_stop_at_fifty_turns(greeter: Application) -> None:
    session = session_of(greeter, turns_count=turns.TURNS)
    assert schedule_receipt(receipt_for(sent_by(session))) is None
    assert Turn.objects.count() == 1


def test_a_receipt_does_not_hurry_a_session_that_waits_for_its_next_try(greeter: Application, server: Receiver) -> None:
    session = session_of(greeter)
    server.answers(Reply(500))
    schedule_receipt(receipt_for(sent_by(session)))
    browse_due()
    session.refresh_from_db()
    waiting_until = session.due_at
    schedule_receipt(receipt_for(sent_by(session)))
    session.refresh_from_db()
    assert waiting_until is not None
    assert session.due_at == waiting_until


# --- arriving mails


def test_an_arriving_mail_launches_the_application(greeter: Application, server: Receiver) -> None:
    schedule_message(arrived(), greeter)
    browse_due()
    told = server.received[0].json()
    assert told["session"]["type"] == "inbound"
    assert (told["event"]["message"]["subject"], told["event"]["message"]["text"]) == ("Question", "How are you?\n")


@pytest.mark.parametrize("header", ["In-Reply-To: {}", "References: <other@example.net> {}"])
def test_an_answer_goes_to_the_session_it_answers(greeter: Application, server: Receiver, header: str) -> None:
    session = session_of(greeter)
    sent = sent_by(session)
    answer = MAIL.replace("References: <first@example.net>", header.format(sent.message_id_header))
    assert schedule_message(arrived(answer), greeter) == session
    browse_due()
    assert server.received[-1].json()["session"]["type"] == "reply"


def test_an_answer_to_another_applications_mail_begins_a_session_of_its_own(greeter: Application) -> None:
    session = session_of(make_application(greeter.zone, "other", application_url=greeter.application_url))
    answer = MAIL.replace("<first@example.net>", sent_by(session).message_id_header)
    assert schedule_message(arrived(answer), greeter) != session


def test_an_answer_to_a_session_that_had_all_its_turns_begins_its_successor(greeter: Application) -> None:
    session = session_of(greeter, turns_count=turns.TURNS, variables={"name": "Jane"})
    answer = MAIL.replace("<first@example.net>", sent_by(session).message_id_header)
    successor = schedule_message(arrived(answer), greeter)
    assert (successor.type, successor.parent, successor.variables) == (
        Session.Type.REPLY,
        str(session.pk),
        {"name": "Jane"},
    )
