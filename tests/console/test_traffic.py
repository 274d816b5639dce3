from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from email_processor.models import Recipient, State
from email_processor.traffic import Destination, destinations
from epm.models import Application
from tests import factories
from tests.inbound.reports import arrive, report, way_back

DAY = timedelta(days=1)


def sent(application: Application, address: str, **fields: Any) -> Recipient:
    row = {"state": State.SENT, "due_at": None, "attempts": 1, **fields}
    found: Recipient = factories.make_message(
        application.zone, address, application=application, recipient=row
    ).recipients.get()
    return found


def found(application: Application) -> dict[str, Destination]:
    now = timezone.now()
    return {one.domain: one for one in destinations(now - DAY, now + DAY, [application.pk])}


@pytest.fixture
def story(application: Application) -> Application:
    """Six mails to a domain that is silent; to another one, one delivered, one bounced and one unanswered."""
    for number in range(6):
        sent(application, f"{number}@silent.example")
    for action in ("delivered", "failed"):
        recipient = sent(application, f"{action}@talks.example")
        arrive(report(recipient, action), way_back(recipient))
    sent(application, "third@talks.example")
    return application


def test_it_counts_what_was_asked_and_what_came(story: Application) -> None:
    talks = found(story)["talks.example"]
    assert (talks.taken, talks.asked, talks.answered) == (3, 3, 2)
    assert {action: count for action, count in talks.came.items() if count} == {"delivered": 1, "failed": 1}


def test_it_measures_how_long_receipts_took(story: Application) -> None:
    talks = found(story)["talks.example"]
    assert talks.steps == [2, 0, 0, 0, 0]
    assert talks.mean is not None
    assert timedelta(0) <= talks.mean < timedelta(minutes=1)


def test_it_knows_the_domains_that_never_answer(story: Application) -> None:
    assert [domain for domain, one in found(story).items() if one.is_silent] == ["silent.example"]


def test_it_expects_nothing_of_those_who_were_not_asked(application: Application) -> None:
    sent(application, "someone@quiet.example", notify="NEVER")
    quiet = found(application)["quiet.example"]
    assert (quiet.taken, quiet.asked, quiet.share) == (1, 0, None)


def test_it_leaves_out_what_no_server_took(application: Application) -> None:
    sent(application, "someone@away.example", state=State.DEFERRED)
    assert found(application) == {}


def test_it_takes_two_queries(story: Application, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        found(story)


def test_it_shows_the_page(support: Client, story: Application) -> None:
    page = support.get(reverse("admin:traffic"), {"days": "1"}).content.decode()
    assert "silent.example" in page
    assert "delivered 1, failed 1" in page
