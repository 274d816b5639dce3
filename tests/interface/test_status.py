import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import DeliveryReceipt, EventType, InboundMessage, Message, Recipient, Session, State, Turn
from email_processor.timeline import timeline
from epm.models import Application, EmailConnection, Zone
from lib.ids import new_id
from notifications.models import Notification, NotificationAttempt
from tests import factories
from tests.interface.conftest import Door, problem

RAW = b"Subject: Undelivered\r\n\r\n\xffraw\r\n"


def bounce(recipient: Recipient) -> None:
    """Let the mail of a queued recipient be sent and come back."""
    now = timezone.now()
    smtp = {"smtp": {"code": 250, "enhanced": "2.0.0", "text": "queued", "host": "mx.example.net"}}
    lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, smtp, by_receipt=True)])
    inbound = InboundMessage.objects.create(
        source="smtp", rcpt_to="x@bounces.example.com", raw=RAW, digest=new_id().hex, size=len(RAW), received_at=now
    )
    receipt = DeliveryReceipt.objects.create(
        inbound=inbound,
        recipient=recipient,
        application=recipient.application,
        received_at=now,
        matched_by="return_path",
        evidence="reported",
        applied=True,
        action="failed",
        status="5.1.1",
        explanation="There is no such mailbox.",
        recipient_fields=[["Status", "5.1.1"]],
    )
    data = {"receipt": {"id": str(receipt.pk), "action": "failed"}}
    lifecycle.advance([Move(recipient.pk, EventType.BOUNCED, State.BOUNCED, data, by_receipt=True)])


def tell(notification: Notification) -> None:
    """Let it be told at the second try."""
    for number, (status, trouble) in enumerate([(None, "connection refused"), (200, "")], start=1):
        NotificationAttempt.objects.create(
            notification=notification,
            number=number,
            url="http://127.0.0.1:9/notify",
            at=timezone.now(),
            duration=0.25,
            status=status,
            problem=trouble,
        )


@pytest.fixture
def message(zone: Zone, application: Application, connection: EmailConnection) -> Message:
    """A mail to two, of whom one bounced."""
    message = factories.make_message(
        zone, "jo@example.net", "sam@example.net", application=application, connection=connection, ucid="call-1"
    )
    bounce(message.recipients.earliest("pk"))
    for notification in Notification.objects.all():
        tell(notification)
    return message


def test_it_tells_the_message(door: Door, message: Message) -> None:
    said = door.get(f"emails/{message.pk}").json()
    assert said["message_id"] == said["message"]["id"] == str(message.pk)
    assert (said["message"]["application"], said["message"]["ucid"]) == ("main:orders", "call-1")
    assert said["message"]["summary"] == {"bounced": 1, "queued": 1}


def test_it_tells_what_happened_to_each_recipient(door: Door, message: Message) -> None:
    jo, sam = door.get(f"emails/{message.pk}").json()["recipients"]
    assert (jo["address"], jo["state"], sam["address"], sam["state"]) == (
        "jo@example.net",
        "bounced",
        "sam@example.net",
        "queued",
    )
    assert [event["type"] for event in jo["events"]] == ["accepted", "sent", "bounced"]
    assert [event["type"] for event in sam["events"]] == ["accepted"]


def test_it_tells_what_was_said_on_the_wire(door: Door, message: Message) -> None:
    smtp = {"code": 250, "text": "queued", "transcript": "C: DATA\nS: 354 go on"}
    recipient = message.recipients.latest("pk")
    lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, {"smtp": smtp}, by_receipt=True)])
    said = door.get(f"emails/{message.pk}").json()["recipients"][1]["events"][-1]["data"]["smtp"]
    assert said["transcript"] == "C: DATA\nS: 354 go on"


def test_it_tells_the_receipts_whole(door: Door, message: Message) -> None:
    receipt = door.get(f"emails/{message.pk}").json()["recipients"][0]["receipts"][0]
    assert (receipt["action"], receipt["status"], receipt["matched_by"]) == ("failed", "5.1.1", "return_path")
    assert receipt["recipient_fields"] == [["Status", "5.1.1"]]


def test_it_tells_every_try_of_a_notification(door: Door, message: Message) -> None:
    sent, bounced = door.get(f"emails/{message.pk}").json()["recipients"][0]["notifications"]
    assert (sent["type"], sent["sequence"], bounced["type"]) == ("email.sent", 1, "email.bounced")
    assert [(a["status"], a["problem"]) for a in sent["attempts"]] == [(None, "connection refused"), (200, "")]


def test_it_puts_everything_in_one_order(door: Door, message: Message) -> None:
    entries = door.get(f"emails/{message.pk}").json()["recipients"][0]["timeline"]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    titles = " | ".join(entry["title"] for entry in entries)
    assert "Sent; 250 2.0.0 queued mx.example.net" in titles
    assert "Delivery receipt failed 5.1.1; There is no such mailbox.; matched by signed return path" in titles
    assert "Notification email.sent, try 1; http://127.0.0.1:9/notify; connection refused" in titles


def test_it_tells_the_sessions_that_sent_it_or_were_launched_by_its_receipts(
    door: Door, message: Message, application: Application
) -> None:
    now = timezone.now()
    for type, about in (("outbound", None), ("receipt", message), ("receipt", None)):
        session = Session.objects.create(application=application, type=type, started_at=now, about=about)
        Turn.objects.create(session=session, number=1, event={"launch": {}}, created_at=now, status=200)
    Message.objects.update(session=Session.objects.earliest("pk"))
    sessions = door.get(f"emails/{message.pk}").json()["sessions"]
    assert [session["type"] for session in sessions] == ["outbound", "receipt"]
    assert sessions[0]["turns"][0]["status"] == 200


def test_it_asks_the_database_as_often_for_many_recipients_as_for_one(zone: Zone, application: Application) -> None:
    def queries(count: int) -> int:
        message = factories.make_message(zone, *(f"r{n}@example.net" for n in range(count)), application=application)
        with CaptureQueriesContext(database) as asked:
            assert len(timeline(message).recipients) == count
        return len(asked)

    assert queries(1) == queries(20)


def test_it_gives_a_receipt_and_its_raw_report(door: Door, message: Message) -> None:
    receipt = DeliveryReceipt.objects.get()
    said = door.get(f"receipts/{receipt.pk}").json()
    assert (said["id"], said["message_id"]) == (str(receipt.pk), str(message.pk))
    raw = door.get(f"receipts/{receipt.pk}/raw")
    assert (raw["Content-Type"], raw.content) == ("message/rfc822", RAW)


@pytest.mark.parametrize("path", ["emails/{message}", "receipts/{receipt}", "receipts/{receipt}/raw"])
def test_it_hides_what_belongs_to_other_applications(zone: Zone, message: Message, path: str) -> None:
    address = path.format(message=message.pk, receipt=DeliveryReceipt.objects.get().pk)
    for owner, fields in ((zone, {}), (factories.make_zone("other"), {"all_applications": True})):
        stranger, secret = factories.make_credential(owner, factories.make_application(owner, "theirs"), **fields)
        assert problem(Door(stranger.pk, secret).get(address))[:2] == (404, "not_found")


def test_it_shows_mail_without_application_to_its_sender_only(door: Door, zone: Zone) -> None:
    sender, secret = factories.make_credential(zone, channel="voice")
    message = factories.make_message(zone, credential=sender)
    assert Door(sender.pk, secret).get(f"emails/{message.pk}").status_code == 200
    assert problem(door.get(f"emails/{message.pk}"))[:2] == (404, "not_found")


@pytest.mark.parametrize("id", [str(new_id()), "1", "nothing", "%00", "a" * 500])
def test_it_knows_no_other_ids(door: Door, id: str) -> None:
    for path in (f"emails/{id}", f"receipts/{id}", f"receipts/{id}/raw"):
        assert problem(door.get(path))[:2] == (404, "not_found")
