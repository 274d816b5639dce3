import io

import pytest
from django.core.management import call_command

from email_processor.inbound import sealing
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, State
from notifications.models import Notification
from tests.inbound.reports import arrive, report, way_back

LONG_AGO = "2020-01-01"


def read_again(*options: str) -> str:
    out = io.StringIO()
    call_command("read_again", "--since", LONG_AGO, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def misread(recipient: Recipient) -> DeliveryReceipt:
    """A failure that an older reader took for something nobody can read."""
    arrive(report(recipient, "delayed", name="misread"), way_back(recipient))
    receipt = DeliveryReceipt.objects.get()
    failure = bytes(receipt.inbound.raw).replace(b"Action: delayed", b"Action: failed")
    InboundMessage.objects.filter(pk=receipt.inbound_id).update(raw=failure)
    return receipt


def test_it_finds_nothing_where_nothing_changed(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient))
    assert read_again() == "0 mails would be brought up to today's reader\n"


def test_it_shows_and_changes_nothing_by_default(misread: DeliveryReceipt) -> None:
    assert "action 'delayed' -> 'failed'" in read_again()
    misread.refresh_from_db()
    assert misread.action == "delayed"


def test_it_records_what_it_reads_now_and_lets_it_take_effect(misread: DeliveryReceipt, recipient: Recipient) -> None:
    read_again("--apply")
    misread.refresh_from_db()
    recipient.refresh_from_db()
    assert (misread.action, misread.applied, recipient.state) == ("failed", True, State.BOUNCED)
    assert list(Notification.objects.order_by("sequence").values_list("type", flat=True))[-1] == "email.bounced"


def test_it_does_nothing_the_second_time(misread: DeliveryReceipt) -> None:
    read_again("--apply")
    assert read_again("--apply") == "0 mails were brought up to today's reader\n"


def test_it_records_a_report_in_what_was_taken_for_regular_mail(recipient: Recipient) -> None:
    inbound = arrive(report(recipient, "failed"), way_back(recipient))
    DeliveryReceipt.objects.all().delete()
    InboundMessage.objects.filter(pk=inbound.pk).update(kind=InboundMessage.Kind.REGULAR)
    assert "regular -> delivery_report" in read_again("--apply")
    assert DeliveryReceipt.objects.get().recipient == recipient


def test_it_lets_a_receipt_that_changed_be_sealed_again(recipient: Recipient, misread: DeliveryReceipt) -> None:
    read_again("--apply")
    assert sealing.seal_due() == 1
    assert [chain.broken for chain in sealing.verify()] == [""]
