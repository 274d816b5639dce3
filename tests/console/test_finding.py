"""Finding a mail by what a person has at hand, and lists that look at so much and no more."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from email_processor import suppression
from email_processor.console import looking
from email_processor.models import DeliveryReceipt, InboundMessage, Message, Recipient, State, Suppression
from email_processor.models.recipient import share_of
from epm.console.links import list_url
from epm.models import Application
from tests import factories
from tests.console.busy_day import id_made_at
from tests.console.rows import make_inbound, make_receipt
from tests.console.test_configuration import text_of

pytestmark = pytest.mark.django_db


def mail(application: Application, subject: str, address: str = "anna@example.net", name: str = "") -> Recipient:
    message = factories.make_message(
        application.zone, address, application=application, subject=subject, recipient={"name": name}
    )
    return message.recipients.get()


def found(client: Client, term: str) -> str:
    return text_of(client.get(reverse("admin:find"), {"q": term}, follow=True))


@pytest.mark.parametrize(
    "term",
    [
        "anna@example.net invoice",
        "anna@example.net Invoice 4711",
        "Anna Miller <anna@example.net> invoice",
        "invoice ANNA@EXAMPLE.NET",
        "Invoice 4711",
        "anna invoice",
        "Miller 4711",
        "anna@exam invoice",
        "@example.net 4711",
    ],
)
def test_it_finds_the_one_mail_by_address_name_and_words(support: Client, application: Application, term: str) -> None:
    wanted = mail(application, "Your invoice 4711", name="Anna Miller")
    mail(application, "Your order 4712", name="Anna Miller")
    mail(application, "Your invoice 4713", "bert@example.net")
    page = found(support, term)
    assert str(wanted.pk) in page
    assert "Your order 4712" not in page
    assert "bert@example.net" not in page


def test_it_lists_the_mails_of_an_address_with_why_each_stands_where_it_stands(
    support: Client, application: Application
) -> None:
    mail(application, "Your order 4712")
    make_receipt(mail(application, "Your invoice 4711"))
    page = found(support, "anna@example.net")
    assert "Your order 4712" in page
    assert "Accepted and waiting to be sent." in page
    assert "There is no such mailbox." in page


def test_it_finds_a_mail_by_its_day(support: Client, application: Application) -> None:
    old = made_days_ago(application, 5)
    mail(application, "Your invoice 4711")
    day = (timezone.now() - timedelta(days=5)).date()
    page = found(support, f"anna@example.net {day}")
    assert old.message.subject in page
    assert "Your invoice 4711" not in page


def test_it_says_that_nothing_went_to_a_suppressed_address(support: Client, application: Application) -> None:
    entry = suppression.suppress(application.zone, None, "anna@example.net", "She left", Suppression.Source.HAND)
    page = found(support, "Anna@example.net invoice")
    assert "anna@example.net is on the <a " in page
    assert str(entry.pk) in page


def test_it_says_beside_older_mails_that_the_address_is_suppressed(support: Client, application: Application) -> None:
    for number in range(2):
        mail(application, f"Number {number}")
    suppression.suppress(application.zone, None, "anna@example.net", "She left", Suppression.Source.HAND)
    page = found(support, "anna@example.net")
    assert "anna@example.net is on the <a " in page
    assert "no mail was accepted" not in page


def test_it_offers_nobody_to_create_a_mail_where_none_is_found(support: Client, application: Application) -> None:
    page = found(support, "nobody@example.net")
    assert "Nothing here fits what is asked for." in page
    assert "Show all" in page


def test_it_says_what_it_means_that_nothing_is_found(support: Client, application: Application) -> None:
    assert "no mail was accepted" in found(support, "nobody@example.net")


@pytest.mark.parametrize("term", ["4711 2026-02-31", "<> ,", '"', "20261117", "a" * 5000, "@", "2026-13-01"])
def test_it_bears_whatever_is_typed(support: Client, application: Application, term: str) -> None:
    mail(application, "Your invoice 4711")
    assert support.get(reverse("admin:find"), {"q": term}, follow=True).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31"])
@pytest.mark.parametrize("query", ["q=anna+{}", "state_at_from={}", "state_at_to={}", "q=anna&state_at_to={}"])
def test_any_day_may_be_asked_for(support: Client, application: Application, day: str, query: str) -> None:
    mail(application, "Hello")
    assert support.get(list_url(Recipient, query.format(day))).status_code == 200


def made_days_ago(application: Application, days: int) -> Recipient:
    """A mail of some days ago, as its ids say."""
    at = timezone.now() - timedelta(days=days)
    message = factories.make_message(application.zone, application=application)
    message.recipients.all().delete()
    message.content.delete()
    message.delete()
    message.pk, message.subject, message.accepted_at = id_made_at(at, 1), f"Of {days} days ago", at
    message.save(force_insert=True)
    return Recipient.objects.create(
        id=id_made_at(at, 2),
        message=message,
        zone=application.zone,
        application=application,
        address="anna@example.net",
        state=State.DELIVERED,
        state_at=at,
        share=share_of(message),
        expire_at=message.expire_at,
    )


@pytest.fixture
def short_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOKED_THROUGH", 2)


@pytest.mark.usefixtures("short_sight")
def test_it_looks_for_words_in_the_newest_mails_and_says_how_far(support: Client, application: Application) -> None:
    made_days_ago(application, 5)
    for number in range(2):
        mail(application, f"Number {number}")
    page = found(support, "days ago")
    assert "Of 5 days ago" not in page
    assert "the newest 2" in page


@pytest.mark.usefixtures("short_sight")
@pytest.mark.parametrize("way", ["word", "filter"])
def test_it_looks_further_back_on_the_days_chosen(support: Client, application: Application, way: str) -> None:
    old = made_days_ago(application, 5)
    for number in range(2):
        mail(application, f"Number {number}")
    day = old.message.accepted_at.date()
    asked = {"q": f"ago {day}"} if way == "word" else {"q": "ago", "state_at_to": str(day)}
    assert "Of 5 days ago" in text_of(support.get(list_url(Recipient, urlencode(asked))))


@pytest.mark.usefixtures("short_sight")
def test_it_finds_an_address_however_old(support: Client, application: Application) -> None:
    made_days_ago(application, 5)
    for number in range(2):
        mail(application, f"Number {number}", "bert@example.net")
    assert "Of 5 days ago" in found(support, "anna@example.net")


@pytest.mark.usefixtures("short_sight")
def test_it_lists_the_mail_of_an_application_however_old(support: Client, application: Application) -> None:
    mine = made_days_ago(application, 5)
    for _ in range(2):
        factories.make_message(application.zone, "bert@example.net")
    query = f"application__id__exact={application.pk}"
    assert str(mine.pk) in text_of(support.get(list_url(Recipient, query)))


@pytest.mark.usefixtures("short_sight")
@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Message, {"sandbox__exact": "1"}),
        (Message, {"q": "nothing like it"}),
        (Recipient, {"state__exact": "bounced"}),
        (DeliveryReceipt, {"action": "read"}),
        (DeliveryReceipt, {"q": "mailbox_full"}),
        (InboundMessage, {"kind__exact": "complaint"}),
    ],
)
def test_a_list_that_no_index_answers_says_how_far_it_looked(
    support: Client, application: Application, model: Any, query: dict[str, str]
) -> None:
    for number in range(3):
        mail(application, f"Number {number}")
        make_receipt(None)
    assert "the newest 2" in text_of(support.get(list_url(model, urlencode(query))))


@pytest.mark.usefixtures("short_sight")
@pytest.mark.parametrize("query", ["", "matched=no", "q=anna@example.net"])
def test_a_list_that_an_index_answers_looks_as_far_as_it_goes(
    support: Client, application: Application, query: str
) -> None:
    recipient = mail(application, "Hello")
    for _ in range(3):
        make_receipt(None if query == "matched=no" else recipient)
    page = text_of(support.get(list_url(DeliveryReceipt, query)))
    assert "the newest 2" not in page
    assert all(str(receipt.pk) in page for receipt in DeliveryReceipt.objects.all())


def test_a_short_table_is_looked_through_in_silence(support: Client, application: Application) -> None:
    make_inbound()
    assert "the newest" not in text_of(support.get(list_url(InboundMessage, "kind__exact=complaint")))
