"""Mails, receipts and launches as the browser's tests need them."""

from typing import Any

from django.utils import timezone

from email_processor.models import DeliveryReceipt, Evidence, InboundMessage, MatchedBy, Message, Session, Turn
from email_processor.outbound.submission import Destination, Mailbox, Submission
from epm.models import Application
from lib.ids import new_id
from tests.factories import make_message

MAIL = """\
From: "Doe, Jane" <jane@example.net>
To: hello@example.com
Subject: Question
Message-ID: <question@example.net>
References: <first@example.net>

How are you?
"""


def arrived(text: str = MAIL, *, mail_from: str = "jane@example.net", **fields: Any) -> InboundMessage:
    raw = text.replace("\n", "\r\n").encode()
    return InboundMessage.objects.create(
        source=InboundMessage.Source.SMTP,
        mail_from=mail_from,
        rcpt_to="hello@example.com",
        raw=raw,
        digest=new_id().hex,  # each counts as a mail of its own
        size=len(raw),
        received_at=timezone.now(),
        **{"kind": InboundMessage.Kind.REGULAR, **fields},
    )


def sent_by(session: Session, **fields: Any) -> Message:
    application = session.application
    return make_message(application.zone, application=application, session=session, **fields)


def receipt_for(message: Message) -> DeliveryReceipt:
    recipient = message.recipients.get()
    return DeliveryReceipt.objects.create(
        inbound=arrived(),
        recipient=recipient,
        application=recipient.application,
        received_at=timezone.now(),
        matched_by=MatchedBy.RETURN_PATH,
        evidence=Evidence.REPORTED,
        applied=True,
        action="failed",
        status="5.1.1",
    )


def launching(application: Application, **fields: Any) -> Submission:
    """A launchEmail, as the doors read it."""
    defaults: dict[str, Any] = {
        "sender": Mailbox("jane@example.net", "Doe, Jane"),
        "destinations": (Destination(Mailbox("hello@example.com")),),
        "subject": "Good morning?",
    }
    return Submission(application.zone, application, None, **{**defaults, **fields})


def make_due() -> None:
    Session.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def the_turn() -> Turn:
    return Turn.objects.get()


def the_session() -> Session:
    return Session.objects.get()
