"""A receipt that proves nothing waits for a person, who attaches it by one click, or dismisses it."""

import pytest
from django.test import Client
from django.urls import reverse

from email_processor.models import DeliveryReceipt, Evidence, MatchedBy, Recipient, State
from epm.models import Application
from notifications.models import Notification
from tests import factories
from tests.inbound.reports import arrive, forged, report, way_back


@pytest.fixture
def recipient(application: Application) -> Recipient:
    sent = {"state": State.SENT, "due_at": None, "attempts": 1}
    found: Recipient = factories.make_message(
        application.zone, application=application, recipient=sent
    ).recipients.get()
    return found


@pytest.fixture
def receipt(recipient: Recipient) -> DeliveryReceipt:
    arrive(report(recipient, "failed"), forged(way_back(recipient)))
    return DeliveryReceipt.objects.get()


def url(receipt: DeliveryReceipt, what: str) -> str:
    return reverse(f"admin:email_processor_deliveryreceipt_{what}", args=[receipt.pk])


def test_it_lists_the_quarantine_with_why(support: Client, receipt: DeliveryReceipt) -> None:
    page = support.get(reverse("admin:email_processor_deliveryreceipt_changelist") + "?matched=no").content.decode()
    assert "It came to no return path signed by us." in page


def test_it_suggests_recipients(support: Client, receipt: DeliveryReceipt, recipient: Recipient) -> None:
    page = support.get(url(receipt, "change")).content.decode()
    assert f'value="{recipient.pk}"' in page


def test_it_attaches_by_one_click(support: Client, receipt: DeliveryReceipt, recipient: Recipient) -> None:
    support.post(url(receipt, "attach"), {"recipient": str(recipient.pk)})
    receipt.refresh_from_db()
    recipient.refresh_from_db()
    assert (receipt.recipient, receipt.matched_by, receipt.evidence) == (recipient, MatchedBy.HAND, Evidence.REPORTED)
    assert (recipient.state, receipt.decided_by, receipt.applied) == (State.BOUNCED, "support", True)


def test_it_tells_the_application_and_says_who_decided(
    support: Client, receipt: DeliveryReceipt, recipient: Recipient
) -> None:
    support.post(url(receipt, "attach"), {"recipient": str(recipient.pk)})
    assert Notification.objects.get().type == "email.bounced"
    assert recipient.events.get(type="bounced").data["why"] == "attached by hand: support"


def test_it_attaches_once(support: Client, receipt: DeliveryReceipt, recipient: Recipient) -> None:
    for _ in range(2):
        support.post(url(receipt, "attach"), {"recipient": str(recipient.pk)})
    assert Notification.objects.count() == 1


def test_it_attaches_to_nobody_it_did_not_suggest(
    support: Client, receipt: DeliveryReceipt, application: Application
) -> None:
    other = factories.make_message(application.zone, "other@example.net", application=application).recipients.get()
    support.post(url(receipt, "attach"), {"recipient": str(other.pk)})
    receipt.refresh_from_db()
    assert receipt.recipient is None


def test_it_dismisses_and_keeps(support: Client, receipt: DeliveryReceipt, recipient: Recipient) -> None:
    support.post(url(receipt, "dismiss"))
    receipt.refresh_from_db()
    recipient.refresh_from_db()
    assert (receipt.decided_by, receipt.recipient, recipient.state) == ("support", None, State.SENT)
    page = support.get(reverse("admin:email_processor_deliveryreceipt_changelist") + "?matched=no").content.decode()
    assert "It came to no return path" not in page


@pytest.mark.parametrize(
    ("name", "start"), [("csv", b"id,"), ("json_lines", b'{"id"'), ("mbox", b"From MAILER-DAEMON")]
)
def test_it_exports_what_is_chosen(support: Client, receipt: DeliveryReceipt, name: str, start: bytes) -> None:
    chosen = {"action": f"export_{name}", "_selected_action": [str(receipt.pk)]}
    answer = support.post(reverse("admin:email_processor_deliveryreceipt_changelist"), chosen)
    assert b"".join(answer.streaming_content).startswith(start)  # type: ignore[attr-defined]
