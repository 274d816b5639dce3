from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db.models import QuerySet
from django.utils import timezone

from email_processor.models import Priority, Recipient, State
from email_processor.models.recipient import EXPIRES, share_of, way_of
from email_processor.outbound import queue
from email_processor.outbound.shares import WAITING, lines_due
from epm.models import Application, EmailConnection, Zone
from tests import factories
from tests.plans import after_an_idle_night, plans_of

pytestmark = pytest.mark.django_db


def many(count: int) -> list[str]:
    return [f"user{number}@example.net" for number in range(count)]


def plan_of(rows: "QuerySet[Recipient]") -> str:
    """How the database would go about it, were the table too large to read it all."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    return str(rows.explain())


# --- nobody waits behind another's heap


def test_one_applications_heap_does_not_delay_anothers_mail(zone: Zone, connection: EmailConnection) -> None:
    heap, single = factories.make_application(zone, "heap"), factories.make_application(zone, "single")
    factories.make_message(zone, *many(40), application=heap, connection=connection)
    late = factories.make_message(zone, application=single, connection=connection)
    claimed = {one.id for one in queue.claim(zone.name, limit=10).claimed}
    assert late.recipients.get().pk in claimed
    assert len(claimed) == 6


def test_a_heap_for_one_way_does_not_delay_another_way(zone: Zone) -> None:
    ways = [factories.make_connection(zone, name) for name in ("one", "two")]
    for way, count in zip(ways, (40, 4), strict=True):
        factories.make_message(zone, *many(count), connection=way)
    claimed = queue.claim(zone.name, limit=8).claimed
    assert Counter(one.way for one in claimed) == {ways[0].pk: 4, ways[1].pk: 4}


def test_urgent_mail_goes_before_all_shares_of_less_urgent(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, *many(9), connection=connection)
    urgent = factories.make_message(
        zone, *many(3), connection=connection, recipient={"priority": Priority.HIGH}
    ).recipients.values_list("pk", flat=True)
    assert {one.id for one in queue.claim(zone.name, limit=3).claimed} == set(urgent)


def test_more_shares_than_one_claim_asks_are_all_asked_in_time(
    zone: Zone, connection: EmailConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_SHARES_AT_ONCE", 2)
    for name in "abcde":
        factories.make_message(zone, application=factories.make_application(zone, name), connection=connection)
    claimed = [one.id for _ in range(3) for one in queue.claim(zone.name, limit=10).claimed]
    assert len(set(claimed)) == 5


def test_a_line_in_which_nothing_is_due_yet_takes_no_place(zone: Zone, connection: EmailConnection) -> None:
    later = timezone.now() + timedelta(hours=1)
    patient = factories.make_application(zone, "patient")
    factories.make_message(zone, application=patient, connection=connection, recipient={"due_at": later})
    factories.make_message(zone, *many(10), connection=connection)
    assert len(queue.claim(zone.name, limit=10).claimed) == 10


def test_lines_are_those_of_the_zone(zone: Zone, connection: EmailConnection, application: Application) -> None:
    message = factories.make_message(zone, application=application, connection=connection)
    other = factories.make_zone("other")
    assert [line.share for line in lines_due(zone.name)] == [share_of(message)]
    assert lines_due(other.name) == []


@pytest.mark.parametrize(("sandbox", "way"), [(True, 0), (False, None)])
def test_a_share_says_its_way(zone: Zone, sandbox: bool, way: int | None) -> None:
    assert way_of(share_of(factories.make_message(zone, sandbox=sandbox))) == way


# --- as cheap with millions of rows


def test_the_head_of_a_line_is_read_from_its_index_in_order(zone: Zone) -> None:
    waiting = Recipient.objects.filter(zone=zone, priority=5, share="any/", state__in=WAITING)
    plan = plan_of(waiting.filter(due_at__lte=timezone.now()).order_by("due_at")[:100])
    assert "recipient_due" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_expiry_looks_only_at_what_has_expired(zone: Zone) -> None:
    now = timezone.now()
    past = Recipient.objects.filter(EXPIRES, state__in=WAITING, due_at__lte=now, expire_at__lte=now)
    plan = plan_of(past.order_by("due_at"))
    assert "recipient_expiring" in plan


def test_expiry_looks_only_at_what_has_expired_while_it_was_held(zone: Zone) -> None:
    past = Recipient.objects.filter(state=State.HELD, expire_at__lte=timezone.now())
    assert "recipient_held" in plan_of(past.order_by("expire_at"))


@pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite plans by rules alone")
def test_a_burst_after_an_idle_night_is_claimed_along_its_line(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, *many(3000), connection=connection)
    after_an_idle_night(Recipient)
    plans = plans_of(lambda: queue.claim(zone.name, limit=100))
    assert "recipient_due" in plans
    assert "recipient_expiring" not in plans
    assert "Seq Scan on email_processor_recipient" not in plans
    assert "Sort" not in plans
