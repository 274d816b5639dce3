import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.db import connection as database

from email_processor.inbound import intake
from email_processor.inbound.doors import LINE_OCTETS, RECIPIENTS, SmtpDoor
from email_processor.inbound.listener import Listener
from email_processor.models import InboundMessage, Recipient, State
from epm.models import Application, EmailConnection, Zone
from tests import factories
from tests.inbound.listening import running_listener
from tests.inbound.reports import forged, regular, report, way_back

pytestmark = pytest.mark.django_db(transaction=True)

SENDER = "customer@example.net"
ORDERS = "orders@example.com"


@pytest.fixture
def orders(zone: Zone) -> Application:
    return factories.make_application(zone, "shop", addresses=(ORDERS, "service@example.com", "kundè@example.com"))


@pytest.fixture
def listener(orders: Application, connection: EmailConnection) -> Iterator[Listener]:
    with running_listener() as running:
        yield running


@pytest.fixture
def smtp(listener: Listener) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", listener.smtp_port, timeout=10) as client:
        client.ehlo("tests.example")
        yield client


@pytest.fixture
def lmtp(listener: Listener) -> Iterator[smtplib.LMTP]:
    assert listener.lmtp_port
    with smtplib.LMTP("127.0.0.1", listener.lmtp_port) as client:
        client.ehlo("tests.example")
        yield client


@pytest.fixture
def recipient(zone: Zone, application: Application) -> Recipient:
    message = factories.make_message(zone, application=application, recipient={"state": State.SENT, "due_at": None})
    found: Recipient = message.recipients.get()
    return found


@contextmanager
def without_its_table() -> Iterator[None]:
    """A database that refuses to store mail."""
    table = InboundMessage._meta.db_table
    with database.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def test_it_takes_a_report_all_the_way_to_its_recipient(smtp: smtplib.SMTP, recipient: Recipient) -> None:
    smtp.sendmail("", [way_back(recipient)], report(recipient, "failed"))
    intake.classify_due()
    recipient.refresh_from_db()
    assert recipient.state == State.BOUNCED


def test_it_keeps_the_mail_as_it_was_sent(smtp: smtplib.SMTP) -> None:
    raw = regular(ORDERS, ".dots\r\n..and\r\nümläuts")
    smtp.sendmail(SENDER, [ORDERS], raw, mail_options=["BODY=8BITMIME"])
    inbound = InboundMessage.objects.get()
    assert (bytes(inbound.raw), inbound.mail_from, inbound.rcpt_to) == (raw, SENDER, ORDERS)
    assert inbound.source == InboundMessage.Source.SMTP


def test_it_calls_the_null_sender_nobody(smtp: smtplib.SMTP) -> None:
    smtp.sendmail("", [ORDERS], regular(ORDERS))
    assert InboundMessage.objects.get().mail_from == ""


def test_it_refuses_an_unknown_recipient(smtp: smtplib.SMTP) -> None:
    smtp.mail(SENDER)
    code, text = smtp.rcpt("nobody@example.com")
    assert (code, text[:5]) == (550, b"5.1.1")


def test_it_takes_a_report_to_a_forged_return_path(smtp: smtplib.SMTP, recipient: Recipient) -> None:
    smtp.sendmail("", [forged(way_back(recipient))], report(recipient, "failed"))
    assert InboundMessage.objects.exists()


def test_it_takes_two_mails_in_one_connection(smtp: smtplib.SMTP) -> None:
    for text in ("one", "two"):
        smtp.sendmail(SENDER, [ORDERS], regular(ORDERS, text))
    assert InboundMessage.objects.count() == 2


def test_it_makes_a_row_for_every_recipient(smtp: smtplib.SMTP) -> None:
    smtp.sendmail(SENDER, [ORDERS, "service@example.com"], regular(ORDERS))
    assert set(InboundMessage.objects.values_list("rcpt_to", flat=True)) == {ORDERS, "service@example.com"}


def test_it_stores_a_mail_sent_again_once(smtp: smtplib.SMTP) -> None:
    for _ in range(2):
        smtp.sendmail(SENDER, [ORDERS], regular(ORDERS))
    assert InboundMessage.objects.count() == 1


def test_it_answers_452_while_storage_is_ill_and_recovers(smtp: smtplib.SMTP) -> None:
    with without_its_table(), pytest.raises(smtplib.SMTPDataError) as refused:
        smtp.sendmail(SENDER, [ORDERS], regular(ORDERS))
    assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (452, b"4.3.1")
    smtp.sendmail(SENDER, [ORDERS], regular(ORDERS))
    assert InboundMessage.objects.count() == 1


def test_it_never_claims_a_mail_that_a_fault_of_ours_lost(smtp: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(*args: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(intake, "keep", boom)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        smtp.sendmail(SENDER, [ORDERS], regular(ORDERS))
    assert refused.value.smtp_code == 451


def test_it_takes_an_internationalized_address(smtp: smtplib.SMTP) -> None:
    smtp.sendmail(SENDER, ["kundè@example.com"], regular(ORDERS), mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    assert InboundMessage.objects.get().rcpt_to == "kundè@example.com"


@pytest.mark.parametrize(
    "address", [b"<kund\xe8@example.com>", b"<or\x00ders@example.com>", b"<" + b"a" * 330 + b"@b.c>"]
)
def test_it_refuses_an_address_that_cannot_be_stored(smtp: smtplib.SMTP, address: bytes) -> None:
    assert smtp.sock is not None
    smtp.mail(SENDER)
    smtp.sock.sendall(b"RCPT TO:" + address + b"\r\n")
    assert smtp.getreply()[0] == 553


@pytest.mark.parametrize(
    "path",
    [
        "<>",
        "<> SIZE=10",
        "<a@b.c>",
        "<a.b+c=d@e-x.example> BODY=8BITMIME",
        "<a@b.c>  SIZE=1",
        "<a..b@c.d>",
        "<a@b..c>",
        "<a@b.c> (x)",
    ],
)
def test_it_reads_plain_paths_as_the_grammar_does(path: str) -> None:
    door = SmtpDoor.__new__(SmtpDoor)
    address, rest = door._getaddr(path)
    told, more = SMTP._getaddr(door, path)
    assert (address, (rest or "").strip()) == (told, (more or "").strip())


def test_it_says_how_large_a_mail_may_be(smtp: smtplib.SMTP) -> None:
    assert smtp.esmtp_features["size"] == str(settings.EPM_INBOUND_LIMIT)
    assert {"smtputf8", "8bitmime"} <= set(smtp.esmtp_features)


def test_it_refuses_a_mail_that_is_too_large(smtp: smtplib.SMTP) -> None:
    code, _ = smtp.mail(SENDER, [f"SIZE={settings.EPM_INBOUND_LIMIT + 1}"])
    assert code == 552


def test_it_takes_very_long_lines(smtp: smtplib.SMTP) -> None:
    smtp.sendmail(SENDER, [ORDERS], regular(ORDERS, "x" * (LINE_OCTETS - 10)))
    assert InboundMessage.objects.get().size > LINE_OCTETS - 10


def test_it_limits_the_recipients_of_one_mail(smtp: smtplib.SMTP) -> None:
    smtp.mail(SENDER)
    codes = [smtp.rcpt(f"orders+{number}@example.com")[0] for number in range(RECIPIENTS + 1)]
    assert codes == [250] * RECIPIENTS + [452]


def test_it_ends_no_mail_at_a_dot_between_bare_line_feeds(smtp: smtplib.SMTP) -> None:
    assert smtp.sock is not None
    smtp.mail(SENDER)
    smtp.rcpt(ORDERS)
    smtp.docmd("DATA")
    smtp.sock.sendall(b"Subject: one\r\n\r\none\n.\nMAIL FROM:<evil@example.net>\r\n.\r\n")
    assert smtp.getreply()[0] == 250
    assert b"evil" in bytes(InboundMessage.objects.get().raw)


def test_it_forgets_a_mail_whose_sender_hangs_up_before_the_last_dot(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.smtp_port), timeout=5) as client:
        for line in ("EHLO tests.example", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{ORDERS}>", "DATA"):
            client.recv(1000)
            client.sendall(line.encode() + b"\r\n")
        client.recv(1000)
        client.sendall(b"Subject: half a mail\r\n")
    with smtplib.SMTP("127.0.0.1", listener.smtp_port, timeout=10) as other:
        other.sendmail(SENDER, [ORDERS], regular(ORDERS))
    assert InboundMessage.objects.count() == 1


def test_it_answers_lmtp_once_for_every_recipient(lmtp: smtplib.LMTP) -> None:
    lmtp.mail(SENDER)
    codes = [lmtp.rcpt(address)[0] for address in (ORDERS, "nobody@example.com", "service@example.com")]
    first = lmtp.data(regular(ORDERS))
    assert codes == [250, 550, 250]
    assert (first[0], lmtp.getreply()[0], lmtp.noop()[0]) == (250, 250, 250)
    assert list(InboundMessage.objects.values_list("source", flat=True)) == ["lmtp", "lmtp"]


def test_it_answers_lmtp_once_for_every_recipient_also_when_storage_is_ill(lmtp: smtplib.LMTP) -> None:
    lmtp.mail(SENDER)
    for address in (ORDERS, "service@example.com"):
        lmtp.rcpt(address)
    with without_its_table():
        first = lmtp.data(regular(ORDERS))
    assert (first[0], lmtp.getreply()[0], lmtp.noop()[0]) == (452, 452, 250)
