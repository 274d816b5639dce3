from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from email_processor.inbound import intake, receipts, settling
from email_processor.inbound.classifying import Reading
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, Session, State
from epm.choices import MessageTypes
from epm.models import Application, Zone
from lib.claims import claim
from tests import factories
from tests.inbound.reports import arrive, regular, report, way_back

CUSTOMER = "customer@example.net"
SMTP = InboundMessage.Source.SMTP
READ_REPORT = b"""From: someone@example.net\r
Subject: Read: Hello\r
Message-ID: <read@example.net>\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Read.\r
--b\r
Content-Type: message/disposition-notification\r
\r
Final-Recipient: rfc822; someone@example.net\r
Original-Message-ID: <1@example.com>\r
Disposition: manual-action/MDN-sent-manually; displayed\r
\r
--b--\r
"""


def boom(*args: object) -> None:
    raise RuntimeError("boom")


def lease_runs_out() -> None:
    InboundMessage.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def orders(zone: Zone) -> Application:
    return factories.make_application(zone, addresses=("orders@example.com",))


def test_it_launches_the_application_a_regular_mail_is_for(orders: Application) -> None:
    inbound = arrive(regular("orders@example.com"), "orders@example.com", CUSTOMER)
    assert (inbound.kind, inbound.application, inbound.problem) == ("regular", orders, "")
    session = Session.objects.get()
    assert (session.application, session.type) == (orders, Session.Type.INBOUND)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"enabled": False}, "is disabled"),
        ({"message_types": MessageTypes.DELIVERY}, "do not include Regular"),
        ({"application_url": ""}, "has no application URL"),
    ],
)
def test_it_keeps_a_mail_that_launches_nothing_and_says_why(zone: Zone, fields: dict[str, Any], problem: str) -> None:
    application = factories.make_application(zone, addresses=("orders@example.com",), **fields)
    inbound = arrive(regular("orders@example.com"), "orders@example.com", CUSTOMER)
    assert inbound.application == application
    assert problem in inbound.problem
    assert not Session.objects.exists()


def test_it_keeps_a_mail_for_an_address_that_was_taken_away(db: None) -> None:
    inbound = arrive(regular("gone@example.com"), "gone@example.com", CUSTOMER)
    assert (inbound.problem, inbound.due_at) == ("No application answers to gone@example.com.", None)


def test_it_launches_nothing_for_an_automatic_reply(orders: Application) -> None:
    raw = b"Auto-Submitted: auto-replied\r\n" + regular("orders@example.com")
    inbound = arrive(raw, "orders@example.com", CUSTOMER)
    assert (inbound.kind, inbound.application) == ("auto_reply", orders)
    assert not Session.objects.exists()


def test_it_keeps_a_read_report_beside_the_application_of_its_return_path(recipient: Recipient) -> None:
    inbound = arrive(READ_REPORT, way_back(recipient), CUSTOMER)
    assert (inbound.kind, inbound.application, inbound.problem) == ("read_report", recipient.application, "")


def test_it_does_nothing_twice(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient))
    assert intake.classify_due() == 0


def test_it_leaves_nothing_behind_when_it_dies_halfway(recipient: Recipient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(receipts, "schedule_receipts", boom)  # the last thing before the commit
        arrive(report(recipient, "failed"), way_back(recipient))
    recipient.refresh_from_db()
    assert (DeliveryReceipt.objects.count(), recipient.state) == (0, State.SENT)
    lease_runs_out()
    assert intake.classify_due() == 1
    recipient.refresh_from_db()
    assert (DeliveryReceipt.objects.count(), recipient.state) == (1, State.BOUNCED)


def test_it_gives_up_a_mail_that_cannot_be_read_and_goes_on(
    recipient: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = settling.read

    def read_all_but_one(inbound: InboundMessage) -> Reading:
        if b"poison" in bytes(inbound.raw):
            boom()
        return read(inbound)

    monkeypatch.setattr(settling, "read", read_all_but_one)
    poison = arrive(regular("orders@example.com", "poison"), "orders@example.com")
    arrive(report(recipient, "failed"), way_back(recipient))
    for _ in range(settling.ATTEMPTS):
        lease_runs_out()
        intake.classify_due()
    poison.refresh_from_db()
    recipient.refresh_from_db()
    assert poison.problem == "It could not be read, 5 times (RuntimeError: boom)."
    assert (poison.due_at, recipient.state) == (None, State.BOUNCED)


def test_it_gives_up_a_mail_whose_readers_die(recipient: Recipient) -> None:
    inbound = intake.take_in(report(recipient, "failed"), mail_from="", rcpt_to="x@example.com", source=SMTP)
    InboundMessage.objects.update(attempts=settling.ATTEMPTS)
    intake.classify_due()
    inbound.refresh_from_db()
    assert (inbound.problem, inbound.due_at) == ("Whoever read it died, again and again.", None)


def test_it_settles_a_handful_in_one_go(recipient: Recipient, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        raw = report(recipient, "delivered", name=str(number))
        intake.take_in(raw, mail_from="", rcpt_to=way_back(recipient), source=SMTP)
    with django_assert_max_num_queries(40):
        assert intake.classify_due() == 20
    assert DeliveryReceipt.objects.filter(applied=True).count() == 1


def test_it_tries_again_alone_what_a_reader_died_with(recipient: Recipient, monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[int] = []
    settle = settling.settle

    def note(mails: Any, token: Any) -> int:
        alone.append(len(mails))
        return settle(mails, token)

    monkeypatch.setattr(settling, "settle", note)
    for number in range(3):
        raw = report(recipient, "delayed", name=str(number))
        intake.take_in(raw, mail_from="", rcpt_to=way_back(recipient), source=SMTP)
    InboundMessage.objects.update(attempts=1)
    intake.classify_due()
    assert alone == [1, 1, 1]


def test_it_blames_an_ill_database_on_no_mail(recipient: Recipient, monkeypatch: pytest.MonkeyPatch) -> None:
    def ill(*args: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(receipts, "schedule_receipts", ill)
    with pytest.raises(OperationalError):
        arrive(report(recipient, "failed"), way_back(recipient))
    assert InboundMessage.objects.get().problem == ""


def test_it_changes_nothing_after_it_overslept_its_lease(recipient: Recipient) -> None:
    inbound = intake.take_in(report(recipient, "failed"), mail_from="", rcpt_to=way_back(recipient), source=SMTP)
    late = claim(InboundMessage.objects.all(), lease=timedelta(seconds=-1), limit=1)
    assert intake.classify_due() == 1
    assert settling.settle([(inbound, settling.read(inbound))], late.token) == 0
    assert DeliveryReceipt.objects.count() == 1
