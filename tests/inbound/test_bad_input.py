"""What anybody may send to a return path or an address: nothing is lost, nothing is applied twice, the stream goes on."""

import pytest

from email_processor.inbound import intake
from email_processor.inbound.dsn import limits
from email_processor.inbound.intake import Arrival
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, Session, State
from notifications.models import Notification
from tests.inbound.reports import BLOCK, arrive, forged, report, sample, way_back

SMTP = InboundMessage.Source.SMTP


def settled() -> int:
    return InboundMessage.objects.filter(due_at=None, classified_at__isnull=False).count()


@pytest.mark.parametrize("name", ["postfix-01-delivered", "postfix-08-delayed", "exim-03-delivered"])
def test_it_settles_a_report_wherever_it_is_cut_and_takes_no_part_for_a_failure(
    recipient: Recipient, name: str
) -> None:
    raw, path = sample(name), way_back(recipient)
    cuts = [raw[:end] for end in range(1, len(raw), 23)]
    intake.keep([Arrival(cut, "", path, SMTP) for cut in cuts])
    assert intake.classify_due() == len(cuts) == settled()
    assert not DeliveryReceipt.objects.filter(action="failed", applied=True).exists()


def test_it_records_the_first_of_ten_thousand_recipients_and_moves_one_state(recipient: Recipient) -> None:
    raw = report(recipient, "failed")
    block = BLOCK.format(action="failed", address="x@example.net", status="5.1.1", diagnostic="550 5.1.1 unknown")
    blocks = block.replace("\n", "\r\n").encode() * 10_000
    arrive(
        raw.replace(b"\r\n--=_b\r\nContent-Type: text/rfc822", blocks + b"\r\n--=_b\r\nContent-Type: text/rfc822"),
        way_back(recipient),
    )
    assert DeliveryReceipt.objects.count() == limits.RECIPIENTS
    assert (DeliveryReceipt.objects.filter(applied=True).count(), Notification.objects.count()) == (1, 1)


def test_it_goes_on_after_a_report_in_a_thousand_multiparts(recipient: Recipient) -> None:
    nested = b"".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n".encode() for n in range(1_000))
    head = b"From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered Mail\r\n"
    intake.take_in(head + nested, mail_from="", rcpt_to=way_back(recipient), source=SMTP)
    arrive(report(recipient, "failed"), way_back(recipient))
    recipient.refresh_from_db()
    assert (settled(), recipient.state) == (2, State.BOUNCED)


def test_it_takes_a_large_report_alone_and_goes_on(recipient: Recipient) -> None:
    large = report(recipient, "delayed", name="large") + b"could not be delivered\r\n" * 400_000
    intake.take_in(large, mail_from="", rcpt_to=way_back(recipient), source=SMTP)
    arrive(report(recipient, "failed"), way_back(recipient))
    recipient.refresh_from_db()
    assert (settled(), recipient.state) == (2, State.BOUNCED)


def test_it_hears_a_replayed_report_once(recipient: Recipient) -> None:
    raw = report(recipient, "delayed")
    for _ in range(3):
        arrive(raw, way_back(recipient))
    assert (InboundMessage.objects.count(), Notification.objects.count()) == (1, 1)


def test_a_report_replayed_with_a_forged_token_moves_nothing(recipient: Recipient) -> None:
    for cut in range(1, 40, 3):
        local, _, domain = way_back(recipient).partition("@")
        other = "b" if local[-cut] == "a" else "a"  # whatever else is cut off, this character is not ours
        arrive(report(recipient, "failed", name=str(cut)), f"{local[:-cut]}{other * cut}@{domain}")
    arrive(report(recipient, "failed", name="last"), forged(way_back(recipient)))
    recipient.refresh_from_db()
    assert (recipient.state, Notification.objects.count()) == (State.SENT, 0)


def test_a_report_about_a_report_ends_there(recipient: Recipient) -> None:
    about = report(recipient, "failed", address="mailer-daemon@mx.example.net", name="about")
    wrapped = about.replace(b"Content-Type: text/rfc822-headers\r\n\r\n", b"Content-Type: message/rfc822\r\n\r\n")
    inner = report(recipient, "failed", name="inner").replace(b"=_b", b"=_inner")
    inbound = arrive(wrapped.replace(b"From: shop@example.com\r\n", inner), "shop@example.com")
    assert (inbound.kind, Session.objects.count(), Notification.objects.count()) == ("delivery_report", 0, 0)
    recipient.refresh_from_db()
    assert recipient.state == State.SENT
