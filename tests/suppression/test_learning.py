"""What arrives, and what the list learns from it: over the whole way, from the raw mail on."""

from email_processor.models import Recipient, Suppression
from email_processor.suppression import Source
from tests.inbound.conftest import recipient
from tests.inbound.reports import arrive, forged, report, way_back
from tests.inbound.test_read_reports import complaint

__all__ = ["recipient"]


def learnt() -> list[tuple[str, str]]:
    return list(Suppression.objects.values_list("address", "source"))


def test_a_report_of_a_dead_address_puts_it_on_the_list(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient))
    assert learnt() == [("someone@example.net", Source.BOUNCE)]


def test_a_report_that_comes_twice_leaves_one_entry(recipient: Recipient) -> None:
    for name in ("first", "second"):
        arrive(report(recipient, "failed", name=name), way_back(recipient))
    assert len(learnt()) == 1


def test_a_forged_report_puts_nobody_on_the_list(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), forged(way_back(recipient)))
    assert learnt() == []


def test_a_delay_puts_nobody_on_the_list(recipient: Recipient) -> None:
    arrive(report(recipient, "delayed"), way_back(recipient))
    assert learnt() == []


def test_a_complaint_puts_the_recipient_on_the_list(recipient: Recipient) -> None:
    arrive(complaint(recipient, way_back(recipient)), "shop@example.com", "complaints@provider.example")
    assert learnt() == [("someone@example.net", Source.COMPLAINT)]


def test_a_complaint_nobody_signed_puts_nobody_on_the_list(recipient: Recipient) -> None:
    arrive(complaint(recipient, "x@example.com"), "shop@example.com", "complaints@provider.example")
    assert learnt() == []
