"""Read reports (RFC 8098) and complaints (RFC 5965) become receipts where they can be believed."""

import pytest

from email_processor.models import DeliveryReceipt, Evidence, MatchedBy, Recipient, State
from epm.models import Application, Zone
from notifications.models import Notification
from tests import factories
from tests.inbound.reports import arrive, way_back

READER = "someone@example.net"
READ_REPORT = """From: someone@example.net
To: shop@example.com
Subject: Read: Hello
Message-ID: <{name}@example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b
Content-Type: text/plain

The mail was shown.

--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {address}
Original-Message-ID: {message_id}
Disposition: {disposition}

--b--
"""
COMPLAINT = """From: complaints@provider.example
To: shop@example.com
Subject: complaint about a mail from 192.0.2.1
Message-ID: <c@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: Provider/1.0
Version: 1
Original-Mail-From: <{return_path}>
Original-Rcpt-To: <someone@example.net>

--b
Content-Type: message/rfc822

From: shop@example.com
To: someone@example.net
Subject: Hello
Message-ID: {message_id}

Hello
--b--
"""
SHOWN = "manual-action/MDN-sent-manually; displayed"


@pytest.fixture
def recipient(zone: Zone) -> Recipient:
    """One whose mail was delivered, of an application that answers to its sender's address."""
    application = factories.make_application(zone, addresses=("shop@example.com",))
    message = factories.make_message(
        zone, READER, application=application, recipient={"state": State.DELIVERED, "due_at": None, "attempts": 1}
    )
    found: Recipient = message.recipients.get()
    return found


def read_report(recipient: Recipient, disposition: str = SHOWN, address: str = READER, name: str = "1") -> bytes:
    text = READ_REPORT.format(
        disposition=disposition, address=address, message_id=recipient.message.message_id_header, name=name
    )
    return text.replace("\n", "\r\n").encode()


def complaint(recipient: Recipient, return_path: str, type: str = "abuse") -> bytes:
    text = COMPLAINT.format(type=type, return_path=return_path, message_id=recipient.message.message_id_header)
    return text.replace("\n", "\r\n").encode()


def told() -> list[str]:
    return list(Notification.objects.order_by("sequence").values_list("type", flat=True))


def test_it_believes_a_reader_who_knows_the_message_id(recipient: Recipient) -> None:
    arrive(read_report(recipient), "shop@example.com", READER)
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.action, receipt.applied) == (recipient, "read", True)
    assert (receipt.matched_by, receipt.evidence) == (MatchedBy.MESSAGE_ID, Evidence.READ)


def test_it_tells_that_a_mail_was_read_and_moves_no_state(recipient: Recipient) -> None:
    arrive(read_report(recipient), "shop@example.com", READER)
    recipient.refresh_from_db()
    assert (told(), recipient.state) == (["email.read"], State.DELIVERED)


def test_it_believes_a_reader_at_the_signed_return_path(recipient: Recipient) -> None:
    arrive(read_report(recipient, address="alias@elsewhere.example"), way_back(recipient), READER)
    assert DeliveryReceipt.objects.get().matched_by == MatchedBy.RETURN_PATH
    assert told() == ["email.read"]


def test_it_tells_one_reading_once(recipient: Recipient) -> None:
    arrive(read_report(recipient, name="1"), "shop@example.com", READER)
    arrive(read_report(recipient, name="2"), "shop@example.com", READER)
    assert (DeliveryReceipt.objects.count(), told()) == (2, ["email.read"])


@pytest.mark.parametrize(
    ("disposition", "why"),
    [
        ("manual-action/MDN-sent-manually; deleted", "was deleted, not that it was shown"),
        ("automatic-action/MDN-sent-automatically; displayed", "says nothing about a reader"),
    ],
)
def test_it_takes_nothing_else_for_reading(recipient: Recipient, disposition: str, why: str) -> None:
    arrive(read_report(recipient, disposition), "shop@example.com", READER)
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.action, receipt.applied, told()) == ("unread", False, [])
    assert why in receipt.note


def test_it_believes_no_reader_the_mail_was_not_sent_to(recipient: Recipient) -> None:
    arrive(read_report(recipient, address="stranger@example.net"), "shop@example.com", "stranger@example.net")
    assert (DeliveryReceipt.objects.get().recipient, told()) == (None, [])


def test_it_believes_no_reader_who_writes_to_another_application(recipient: Recipient, zone: Zone) -> None:
    factories.make_application(zone, name="other", addresses=("other@example.com",))
    arrive(read_report(recipient), "other@example.com", READER)
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.likely_recipient, told()) == (None, recipient, [])


def test_it_believes_a_complaint_that_quotes_the_signed_return_path(recipient: Recipient) -> None:
    arrive(complaint(recipient, way_back(recipient)), "shop@example.com", "complaints@provider.example")
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.action, receipt.reason) == (recipient, "complained", "complaint")
    assert (receipt.matched_by, told()) == (MatchedBy.RETURN_PATH, ["email.complained"])


def test_it_shows_an_unsigned_complaint_beside_its_likely_recipient(recipient: Recipient) -> None:
    arrive(complaint(recipient, "x@example.com"), "shop@example.com", "complaints@provider.example")
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.likely_recipient, told()) == (None, recipient, [])


def test_it_takes_praise_for_no_complaint(recipient: Recipient) -> None:
    arrive(complaint(recipient, way_back(recipient), "not-spam"), "shop@example.com", "complaints@provider.example")
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.action, told()) == (recipient, "feedback", [])


def test_it_keeps_the_application_of_a_read_report_it_does_not_believe(recipient: Recipient) -> None:
    inbound = arrive(read_report(recipient, address="stranger@example.net"), "shop@example.com", READER)
    assert inbound.application == Application.objects.get(name="orders")
