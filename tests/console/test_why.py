"""Support reads at one glance why a mail did not arrive: in the list, on the mail's page, on the recipient's."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from email_processor import lifecycle
from email_processor.console.why import whys
from email_processor.lifecycle import Move
from email_processor.models import DeliveryReceipt, Event, EventType, Recipient, State
from epm.console.links import change_url
from epm.models import Application
from tests import factories
from tests.console.rows import recipient_claim, recipient_was_sent
from tests.inbound.reports import arrive, forged, report, way_back

UNKNOWN = "There is no such mailbox at the recipient&#x27;s domain"


@pytest.fixture
def recipient(application: Application) -> Recipient:
    found: Recipient = factories.make_message(application.zone, application=application).recipients.get()
    return found


def refuse(recipient: Recipient, code: int, text: str, type: EventType, state: State) -> None:
    lifecycle.begin(recipient_claim(recipient), [recipient.pk])
    lifecycle.advance([Move(recipient.pk, type, state, {"smtp": {"code": code, "enhanced": "", "text": text}})])
    recipient.refresh_from_db()


def bounce(recipient: Recipient) -> None:
    recipient_was_sent(recipient)
    arrive(report(recipient, "failed"), way_back(recipient))
    recipient.refresh_from_db()


def listed(recipient: Recipient) -> str:
    return reverse("admin:email_processor_recipient_changelist") + f"?q={recipient.address}"


def test_it_says_why_in_the_list_and_on_both_pages(support: Client, recipient: Recipient) -> None:
    bounce(recipient)
    for url in (listed(recipient), change_url(recipient), change_url(recipient.message)):
        assert UNKNOWN in support.get(url).content.decode(), url


def test_it_explains_what_the_server_answered_at_once(recipient: Recipient) -> None:
    refuse(recipient, 552, "5.2.2 Mailbox full", EventType.FAILED, State.FAILED)
    why = whys([recipient])[recipient.pk]
    assert (why.sentence.partition(";")[0], why.answer) == ("The recipient's mailbox is full", "552 5.2.2 Mailbox full")


def test_it_says_of_a_mail_put_off_that_it_is_still_being_tried(recipient: Recipient) -> None:
    refuse(recipient, 451, "4.7.1 Greylisted", EventType.DEFERRED, State.DEFERRED)
    assert "still being tried" in whys([recipient])[recipient.pk].sentence


def test_it_leads_to_a_report_that_waits_for_a_decision(support: Client, recipient: Recipient) -> None:
    recipient_was_sent(recipient)
    arrive(report(recipient, "failed"), forged(way_back(recipient)))
    page = support.get(change_url(recipient)).content.decode()
    assert change_url(DeliveryReceipt.objects.get()) in page


def test_it_tells_on_the_mails_page_what_such_a_report_says(support: Client, recipient: Recipient) -> None:
    recipient_was_sent(recipient)
    arrive(report(recipient, "failed"), forged(way_back(recipient)))
    page = support.get(change_url(recipient.message)).content.decode()
    assert UNKNOWN in page
    assert change_url(DeliveryReceipt.objects.get()) in page


def test_it_says_on_the_mails_page_that_nothing_was_heard(support: Client, recipient: Recipient) -> None:
    recipient_was_sent(recipient)
    assert "No report has come yet" in support.get(change_url(recipient.message)).content.decode()


def test_it_says_why_an_address_gets_no_mail(application: Application) -> None:
    message = factories.make_message(application.zone, application=application, recipient={"state": State.SUPPRESSED})
    recipient = message.recipients.get()
    Event.objects.create(
        recipient=recipient,
        sequence=2,
        type=EventType.SUPPRESSED,
        state=State.SUPPRESSED,
        at=timezone.now(),
        data={"why": "it bounced"},
    )
    assert whys([recipient])[recipient.pk].sentence == "it bounced"


def test_it_says_nothing_of_what_went_well(recipient: Recipient) -> None:
    recipient_was_sent(recipient)
    arrive(report(recipient, "delayed"), way_back(recipient))
    arrive(report(recipient, "delivered"), way_back(recipient))
    recipient.refresh_from_db()
    assert whys([recipient]) == {}


def test_it_asks_twice_for_any_number_of_recipients(
    application: Application, recipient: Recipient, django_assert_num_queries: Any
) -> None:
    bounce(recipient)
    other: Recipient = factories.make_message(application.zone, application=application).recipients.get()
    bounce(other)
    with django_assert_num_queries(2):
        assert len(whys([recipient, other])) == 2
