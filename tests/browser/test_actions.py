import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from email_processor.browser.launching import schedule_message, schedule_receipt
from email_processor.browser.turns import browse_due
from email_processor.models import Message, Session
from epm.models import Application
from tests.browser.tools import MAIL, arrived, receipt_for, the_session, the_turn
from tests.factories import make_message
from tests.receivers import Receiver

pytestmark = pytest.mark.django_db


def answered(greeter: Application, server: Receiver, *actions: Any, mail: str = MAIL, **fields: Any) -> list[Any]:
    """The results of `actions` as the answer to an arriving mail."""
    server.answers_json({"actions": list(actions)})
    schedule_message(arrived(mail, **fields), greeter)
    browse_due()
    results: list[Any] = the_turn().results
    return results


def the_mail() -> EmailMessage:
    mail = email.message_from_bytes(bytes(Message.objects.get().content.mime), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def send(**fields: Any) -> dict[str, Any]:
    return {"type": "send", "to": ["boss@example.net"], "subject": "News", "body": "Somebody wrote.", **fields}


def test_send_sends_a_mail_of_the_session(greeter: Application, server: Receiver) -> None:
    results = answered(greeter, server, send(cc='"Doe, John" <john@example.net>, jim@example.net'))
    message = Message.objects.get()
    assert (message.session, message.application, message.credential) == (the_session(), greeter, None)
    assert results[0]["ok"] is True
    assert results[0]["message_id"] == str(message.pk)
    assert [r["address"] for r in results[0]["recipients"]] == [
        "boss@example.net",
        "john@example.net",
        "jim@example.net",
    ]


def test_a_mail_without_sender_goes_out_from_the_address_that_was_written_to(
    greeter: Application, server: Receiver
) -> None:
    answered(greeter, server, send())
    assert Message.objects.get().sender == "hello@example.com"


def test_a_mail_may_name_its_sender_and_what_else_sendemail_knows(greeter: Application, server: Receiver) -> None:
    fields = {
        "from": "Greeter <other@example.com>",
        "headers": {"X-Order": "17"},
        "notify": ["SUCCESS", "DELAY"],
        "priority": "high",
        "tag": "news",
        "metadata": {"order": "17"},
        "ucid": "call-1",
        "replyTo": "desk@example.com",
    }
    answered(greeter, server, send(**fields))
    message = Message.objects.get()
    assert (message.sender, message.priority, message.tags, message.ucid) == (
        "other@example.com",
        1,
        ["news"],
        "call-1",
    )
    assert message.recipients.get().notify == "SUCCESS,DELAY"
    assert (the_mail()["X-Order"], the_mail()["Reply-To"]) == ("17", "desk@example.com")


def test_a_reply_stays_in_its_thread(greeter: Application, server: Receiver) -> None:
    answered(greeter, server, {"type": "reply", "body": "Fine."})
    mail = the_mail()
    assert (mail["To"], mail["Subject"]) == ('"Doe, Jane" <jane@example.net>', "Re: Question")
    assert mail["In-Reply-To"] == "<question@example.net>"
    assert mail["References"] == "<first@example.net> <question@example.net>"
    assert mail["Auto-Submitted"] == "auto-replied"


def test_a_reply_goes_to_where_answers_are_wanted(greeter: Application, server: Receiver) -> None:
    mail = MAIL.replace("Subject: Question", "Subject: RE: Question\nReply-To: desk@example.net")
    answered(greeter, server, {"type": "reply", "body": "Fine."}, mail=mail)
    assert (the_mail()["To"], the_mail()["Subject"]) == ("desk@example.net", "RE: Question")


def test_a_reply_to_a_receipt_is_refused(greeter: Application, server: Receiver) -> None:
    server.answers_json({"actions": [{"type": "reply", "body": "?"}]})
    schedule_receipt(receipt_for(make_message(greeter.zone, application=greeter)))
    browse_due()
    assert the_turn().results == [
        {"type": "reply", "ok": False, "code": "invalid_request", "problem": "There is no mail to reply to."}
    ]


def test_after_a_receipt_a_mail_goes_out_from_the_sender_of_the_mail_it_is_about(
    greeter: Application, server: Receiver
) -> None:
    server.answers_json({"actions": [send()]})
    schedule_receipt(receipt_for(make_message(greeter.zone, application=greeter)))
    browse_due()
    assert Message.objects.order_by("id").values_list("sender", flat=True).last() == "shop@example.com"


def test_end_ends_the_session(greeter: Application, server: Receiver) -> None:
    answered(greeter, server, {"type": "end"})
    assert the_session().state == Session.State.ENDED


def test_what_follows_end_is_refused(greeter: Application, server: Receiver) -> None:
    results = answered(greeter, server, {"type": "end"}, send())
    assert results[1]["problem"] == "The session has ended before it."
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ({"type": "wait", "for": "reply"}, "There is no action 'wait'; there are send, reply, end."),
        ({"type": "note", "text": "x"}, "There is no action 'note'; there are send, reply, end."),
        ({"send": {}}, "An action is an object with a type."),
        ("send", "An action is an object with a type."),
        ({"type": 1}, "An action is an object with a type."),
        (send(colour="red"), "There is no field 'colour' in this action."),
        (send(to=[1]), "to: expected text"),
        (send(to="nobody"), "to: 'nobody' is not a list of mailboxes"),
        (send(body=["x"]), "body: expected text"),
        (send(sandbox="yes"), "sandbox: expected true or false"),
        (send(priority="urgent"), "priority: expected one of high, normal, low"),
        (send(ret={}), "ret: expected one of FULL, HDRS"),
        (send(headers=[]), "headers: expected an object of names and texts"),
        (send(**{"from": "a@example.com, b@example.com"}), "from: expected one mailbox"),
        ({"type": "reply", "to": "x@example.net"}, "A reply goes to whoever wrote; use send for others."),
        ({"type": "reply", "headers": 1}, "headers: expected an object of names and texts"),
        ({"type": "end", "now": True}, "end takes no 'now'."),
    ],
)
def test_an_action_that_cannot_be_done_is_refused_by_name_and_the_others_are_done(
    greeter: Application, server: Receiver, action: Any, problem: str
) -> None:
    results = answered(greeter, server, action, send())
    assert (results[0]["ok"], results[0]["code"], results[0]["problem"]) == (False, "invalid_request", problem)
    assert results[1]["ok"] is True


def test_a_mail_to_nobody_is_refused_by_code(greeter: Application, server: Receiver) -> None:
    assert answered(greeter, server, {"type": "send", "body": "x"})[0]["code"] == "no_recipients"


def test_a_sender_the_application_may_not_use_is_refused_by_code(greeter: Application, server: Receiver) -> None:
    assert answered(greeter, server, send(**{"from": "x@elsewhere.example"}))[0]["code"] == "sender_not_allowed"


def test_headers_cannot_be_smuggled_in(greeter: Application, server: Receiver) -> None:
    results = answered(greeter, server, send(subject="x\r\nBcc: all@example.net"), send(headers={"From": "x@y"}))
    assert [result["ok"] for result in results] == [False, False]


@pytest.mark.parametrize(
    ("mail", "mail_from"),
    [
        (MAIL.replace("Subject", "Auto-Submitted: auto-replied\nSubject"), "jane@example.net"),
        (MAIL.replace("Subject", "Precedence: bulk\nSubject"), "jane@example.net"),
        (MAIL.replace("Subject", "List-Id: <l.example.net>\nSubject"), "jane@example.net"),
        (MAIL, ""),
    ],
)
@pytest.mark.parametrize("action", [send(), {"type": "reply", "body": "x"}])
def test_automatic_mail_is_not_answered(
    greeter: Application, server: Receiver, mail: str, mail_from: str, action: Any
) -> None:
    results = answered(greeter, server, action, mail=mail, mail_from=mail_from)
    assert results[0]["code"] == "not_permitted"
    assert not Message.objects.exists()
