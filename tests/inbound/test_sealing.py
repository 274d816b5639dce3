import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from email_processor.inbound import exporting, sealing
from email_processor.models import DeliveryReceipt, InboundMessage, ReceiptSeal, Recipient
from lib.ids import new_id
from tests.inbound.reports import arrive, report, way_back


@pytest.fixture
def sealed(recipient: Recipient) -> list[DeliveryReceipt]:
    """Three receipts in the chain of their application."""
    for number in range(3):
        arrive(report(recipient, "delayed", name=str(number)), way_back(recipient))
    assert sealing.seal_due() == 3
    return list(DeliveryReceipt.objects.order_by("pk"))


def broken() -> str:
    [chain] = sealing.verify()
    return chain.broken


def test_it_finds_an_untouched_chain_unbroken(sealed: list[DeliveryReceipt]) -> None:
    [chain] = sealing.verify()
    assert (chain.links, chain.broken, chain.application) == (3, "", sealed[0].application_id)


def test_it_seals_nothing_twice(sealed: list[DeliveryReceipt]) -> None:
    assert (sealing.seal_due(), ReceiptSeal.objects.count()) == (0, 3)


def test_it_goes_on_where_the_chain_ended(sealed: list[DeliveryReceipt], recipient: Recipient) -> None:
    arrive(report(recipient, "failed", name="4"), way_back(recipient))
    sealing.seal_due()
    assert (ReceiptSeal.objects.count(), broken()) == (4, "")


def test_it_names_the_receipt_that_was_altered(sealed: list[DeliveryReceipt]) -> None:
    DeliveryReceipt.objects.filter(pk=sealed[1].pk).update(status="2.0.0")
    assert broken() == f"link 2, receipt {sealed[1].pk}: the receipt was altered"


def test_it_names_the_receipt_whose_mail_was_altered(sealed: list[DeliveryReceipt]) -> None:
    InboundMessage.objects.filter(pk=sealed[2].inbound_id).update(raw=b"nothing happened")
    assert broken() == f"link 3, receipt {sealed[2].pk}: the raw mail was altered"


def test_it_names_the_receipt_that_was_removed(sealed: list[DeliveryReceipt]) -> None:
    sealed[0].delete()
    assert "link 1" in broken()
    assert "removed" in broken()


def test_it_names_the_link_that_was_removed_with_its_receipt(sealed: list[DeliveryReceipt]) -> None:
    ReceiptSeal.objects.filter(number=2).delete()
    sealed[1].delete()
    assert "the link 2 before it is missing" in broken()


def test_it_names_the_link_that_was_altered(sealed: list[DeliveryReceipt]) -> None:
    ReceiptSeal.objects.filter(number=2).update(content="0" * 64)
    assert "link 2" in broken()


def test_it_names_the_receipt_whose_mail_was_emptied(sealed: list[DeliveryReceipt]) -> None:
    InboundMessage.objects.filter(pk=sealed[0].inbound_id).update(raw=b"")
    assert broken() == f"link 1, receipt {sealed[0].pk}: the raw mail was altered"


def test_it_names_links_that_changed_places(sealed: list[DeliveryReceipt]) -> None:
    for number, place in ((1, 99), (2, 1), (99, 2)):
        ReceiptSeal.objects.filter(number=number).update(number=place)
    assert "link 1, " in broken()


def test_it_names_a_link_that_was_put_in(sealed: list[DeliveryReceipt]) -> None:
    link = ReceiptSeal.objects.get(number=3)
    link.pk, link.number = None, 4
    link.save()
    assert "link 4, " in broken()


def test_it_names_a_receipt_that_was_put_in_as_if_it_were_sealed(sealed: list[DeliveryReceipt]) -> None:
    forged = DeliveryReceipt.objects.get(pk=sealed[1].pk)
    forged.pk, forged.position = new_id(), 1
    forged.save(force_insert=True)
    assert list(sealing.unlinked()) == [forged.pk]
    with pytest.raises(CommandError, match="not as they were sealed"):
        call_command("verify_receipts", stdout=io.StringIO())


def test_it_names_receipts_whose_whole_chain_was_taken_away(sealed: list[DeliveryReceipt]) -> None:
    ReceiptSeal.objects.all().delete()
    assert list(sealing.unlinked()) == [receipt.pk for receipt in sealed]


@pytest.mark.parametrize("is_sealed_again", [False, True])
def test_it_tells_of_a_receipt_that_was_altered_as_if_on_purpose(
    sealed: list[DeliveryReceipt], is_sealed_again: bool
) -> None:
    DeliveryReceipt.objects.filter(pk=sealed[1].pk).update(status="2.0.0", sealed=False)
    if is_sealed_again:
        sealing.seal_due()
    [chain] = sealing.verify()
    assert (chain.broken, chain.changed) == ("", (sealed[1].pk,))
    told = io.StringIO()
    call_command("verify_receipts", stdout=told)
    assert f"CHANGED since it was first sealed: receipt {sealed[1].pk}" in told.getvalue()


def test_it_proves_by_a_head_kept_elsewhere_that_the_end_is_missing(sealed: list[DeliveryReceipt]) -> None:
    [chain] = sealing.verify()
    ReceiptSeal.objects.filter(number=3).delete()
    sealed[2].delete()
    with pytest.raises(CommandError):
        call_command("verify_receipts", "--expect", chain.head, stdout=io.StringIO())


def test_the_command_ends_badly_on_a_broken_chain(sealed: list[DeliveryReceipt]) -> None:
    call_command("verify_receipts", stdout=io.StringIO())
    DeliveryReceipt.objects.filter(pk=sealed[1].pk).update(note="nothing to see")
    with pytest.raises(CommandError, match="not as they were sealed"):
        call_command("verify_receipts", stdout=io.StringIO())


def test_it_exports_a_line_a_receipt(sealed: list[DeliveryReceipt], tmp_path: Path) -> None:
    call_command("export_receipts", "csv", "--output", str(tmp_path / "csv"))
    call_command("export_receipts", "jsonl", "--output", str(tmp_path / "jsonl"))
    assert len((tmp_path / "csv").read_text().splitlines()) == 4
    assert len((tmp_path / "jsonl").read_text().splitlines()) == 3


def test_it_exports_the_mail_of_a_receipt_whose_first_block_is_not_asked_for(recipient: Recipient) -> None:
    arrive(report(recipient, "delayed", "failed"), way_back(recipient))
    text = b"".join(exporting.as_mbox(DeliveryReceipt.objects.filter(action="failed")))
    assert text.count(b"\nReporting-MTA: dns; mx.example.net\n") == 1


def test_it_exports_the_raw_mails(sealed: list[DeliveryReceipt], tmp_path: Path) -> None:
    call_command("export_receipts", "mbox", "--since", "2020-01-01", "--output", str(tmp_path / "mbox"))
    text = (tmp_path / "mbox").read_bytes()
    assert text.count(b"\nReporting-MTA: dns; mx.example.net\n") == 3
    assert text.count(b"From MAILER-DAEMON ") == 3
