"""Rows that the console shows: one recipient's whole story."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import (
    DeliveryReceipt,
    EventType,
    Evidence,
    InboundMessage,
    MatchedBy,
    Message,
    Recipient,
    Session,
    State,
    Turn,
)
from epm.models import Application
from lib.ids import new_id
from notifications.models import Notification, NotificationAttempt
from tests import factories

RAW = (
    b"From: Mail server <mailer-daemon@mx.example.net>\r\nSubject: <script>alert(1)</script>\r\n\r\nNo such mailbox\r\n"
)


def make_story(application: Application, address: str = "anna@example.net") -> Message:
    """Accepted, sent, bounced by a receipt, told, and launched for."""
    message = factories.make_message(application.zone, address, application=application, ucid="ucid-4711")
    recipient = message.recipients.get()
    recipient_was_sent(recipient)
    make_receipt(recipient)
    make_turn(application, message)
    for notification in Notification.objects.filter(subject=recipient.pk):
        make_attempt(notification)
    return message


def recipient_was_sent(recipient: Recipient) -> None:
    lifecycle.begin(recipient_claim(recipient), [recipient.pk])
    smtp = {"code": 250, "enhanced": "2.0.0", "text": "2.0.0 Taken as 42", "host": "mx.example.net", "tls": "TLSv1.3"}
    smtp["transcript"] = "C: RCPT TO:<anna@example.net>\nS: 250 2.1.5 She lives here"
    lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, {"smtp": smtp})])


def recipient_claim(recipient: Recipient) -> UUID:
    Recipient.objects.filter(pk=recipient.pk).update(claim=recipient.pk)
    return recipient.pk


def make_inbound(**fields: object) -> InboundMessage:
    defaults = {
        "source": InboundMessage.Source.SMTP,
        "rcpt_to": "epm-x@bounces.example.com",
        "raw": RAW,
        "digest": new_id().hex,
        "size": len(RAW),
        "kind": InboundMessage.Kind.DELIVERY_REPORT,
        "received_at": timezone.now(),
    }
    return InboundMessage.objects.create(**{**defaults, **fields})


def make_receipt(recipient: Recipient | None, **fields: object) -> DeliveryReceipt:
    """A failure report 5.1.1 about `recipient`, applied; in quarantine where there is none."""
    receipt = DeliveryReceipt.objects.create(
        inbound=make_inbound(),
        recipient=recipient,
        application=recipient.application if recipient else None,
        received_at=timezone.now(),
        matched_by=MatchedBy.RETURN_PATH if recipient else MatchedBy.NOTHING,
        evidence=Evidence.REPORTED,
        applied=recipient is not None,
        action="failed",
        status="5.1.1",
        reason="user_unknown",
        explanation="There is no such mailbox.",
        final_recipient="rfc822; anna@example.net",
        recipient_fields=[["Action", "failed"], ["Diagnostic-Code", "smtp; 550 5.1.1 unknown"]],
        report_fields=[["Reporting-MTA", "dns; mx.example.net"]],
        **fields,
    )
    if recipient is not None:
        data = {"receipt": {"id": str(receipt.pk), "explanation": receipt.explanation}}
        lifecycle.advance([Move(recipient.pk, EventType.BOUNCED, State.BOUNCED, data, by_receipt=True)])
    return receipt


def make_turn(application: Application, message: Message) -> Turn:
    now = timezone.now()
    session = Session.objects.create(
        application=application, type=Session.Type.RECEIPT, about=message, started_at=now, turns_count=1
    )
    return Turn.objects.create(
        session=session,
        number=1,
        event={"receipt": {"action": "failed"}},
        created_at=now,
        answered_at=now + timedelta(seconds=1),
        attempts=1,
        status=200,
        duration=0.2,
        answer={"actions": [{"type": "note", "text": "noted in the order"}]},
        results=[{"type": "note", "done": True}],
    )


def make_attempt(notification: Notification) -> NotificationAttempt:
    return NotificationAttempt.objects.create(
        notification=notification,
        number=1,
        url=notification.application.notification_url,
        at=timezone.now(),
        duration=0.1,
        status=500,
        answer="the answer of the application",
    )
