"""Lists are read along one index each, whatever the planner believes to find there."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from app_interface import pages
from app_interface.authentication import Caller
from app_interface.operations.events import notifications
from app_interface.operations.searching import receipts, search
from app_interface.operations.suppressing import suppressions
from email_processor.models import Recipient, State
from epm.models import Application, EmailConnection, Zone
from lib import bulk
from notifications.models import Notification
from tests import factories
from tests.plans import analyse, plans_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite plans by rules alone"),
]

MANY = 3000
ALONG_THE_KEY = "Backward using email_processor_recipient_pkey"


@pytest.fixture
def caller(zone: Zone) -> Caller:
    return Caller(factories.make_credential(zone, all_applications=True)[0])


@pytest.fixture(autouse=True)
def looks_at_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few of the rows there are, as in a large table."""
    monkeypatch.setattr(pages, "LOOKED_AT", 100)


@pytest.fixture(autouse=True)
def rows(zone: Zone, connection: EmailConnection, application: Application, caller: Caller) -> None:
    """Nearly all mails are of one application and to one address, and all are sent."""
    sent = {"state": State.SENT, "due_at": None}
    addresses = [f"user{number}@example.net" for number in range(MANY)]
    factories.make_message(zone, *addresses, application=application, connection=connection, recipient=sent)
    factories.make_message(
        zone, *addresses, credential=factories.make_credential(zone, channel="voice")[0], recipient=sent
    )
    factories.make_message(zone, *addresses[:2], application=factories.make_application(zone, "rare"), recipient=sent)
    Recipient.objects.filter(application=application).update(address="same@example.net")
    now = timezone.now()
    bulk.insert_new(
        [
            bulk.new(Notification, application_id=application.pk, type="email.sent", subject=key, sequence=1, body=b"{}",
                     created_at=now)
            for key in Recipient.objects.filter(application=application).values_list("pk", flat=True)
        ]
    )  # fmt: skip
    analyse(Recipient, Notification)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "recipient_of_application"),
        ({"application": "rare"}, "recipient_of_application"),
        ({"state": "sent"}, "recipient_of_application"),
        ({"state": "queued"}, "recipient_of_application"),
        ({"state": "expired"}, "recipient_resting"),
        ({"recipient": "same@example.net"}, "recipient_address"),
        ({"recipient": "same@example.net", "state": "expired"}, "recipient_address"),
        ({"recipient": "same@example.net", "application": "rare"}, "recipient_address"),
        ({"recipient": "user1@example.net"}, "recipient_address"),
    ],
)
def test_a_search_goes_along_its_index(caller: Caller, query: Mapping[str, Any], index: str) -> None:
    plans = plans_of(lambda: search(caller, query))
    assert index in plans
    assert "Seq Scan on email_processor_recipient" not in plans
    assert ALONG_THE_KEY not in plans


def test_who_has_no_mail_of_its_own_does_not_look_at_that_of_others(caller: Caller) -> None:
    plans = plans_of(lambda: search(caller, {}))
    assert "recipient_of_credential" in plans
    assert ALONG_THE_KEY not in plans


@pytest.mark.parametrize("query", [{}, {"type": "email.expired"}, {"state": "pending", "type": "email.expired"}])
def test_notifications_go_along_their_index(caller: Caller, query: Mapping[str, Any]) -> None:
    plans = plans_of(lambda: notifications(caller, query))
    assert "notification_of_application" in plans
    assert "Backward using notifications_notification_pkey" not in plans


@pytest.mark.parametrize("listed", [search, receipts, notifications, suppressions])
def test_a_page_costs_as_many_statements_with_many_applications(
    caller: Caller, zone: Zone, listed: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        factories.make_application(zone, f"application{number}")
    with django_assert_max_num_queries(5):
        listed(caller, {"state": "sent"} if listed is search else {})
