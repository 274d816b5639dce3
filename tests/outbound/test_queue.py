from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import EventType, Recipient, State
from email_processor.outbound import queue
from email_processor.outbound.routing import SANDBOX
from epm.choices import InDoubtPolicy
from epm.models import EmailConnection, Zone
from lib.ids import new_id
from tests import factories

pytestmark = pytest.mark.django_db


def make_stranded(zone: Zone, **fields: Any) -> Recipient:
    """A recipient whose worker died while its mail was on the wire."""
    message = factories.make_message(zone, **fields)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    lifecycle.begin(claimed.token, [claimed.id])
    Recipient.objects.filter(pk=claimed.id).update(due_at=timezone.now() - timedelta(seconds=1))
    return message.recipients.get()


def swept(recipient: Recipient) -> Recipient:
    queue.sweep()
    return Recipient.objects.get(pk=recipient.pk)


def event_types(recipient: Recipient) -> list[str]:
    return list(recipient.events.order_by("sequence").values_list("type", flat=True))


def due_in(recipient: Recipient) -> timedelta:
    assert recipient.due_at is not None
    return recipient.due_at - timezone.now()


# --- claim


def test_it_claims_urgent_ones_first_then_those_due_longest(zone: Zone, connection: EmailConnection) -> None:
    now = timezone.now()
    for address, priority, age in (("new", 5, 1), ("old", 5, 9), ("urgent", 1, 0)):
        rows = {"priority": priority, "due_at": now - timedelta(minutes=age)}
        factories.make_message(zone, f"{address}@example.net", connection=connection, recipient=rows)
    claimed = [Recipient.objects.get(pk=one.id).address for one in queue.claim(zone.name, limit=9).claimed]
    assert claimed == ["urgent@example.net", "old@example.net", "new@example.net"]


def test_what_is_claimed_is_claimed_once(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, connection=connection)
    assert len(queue.claim(zone.name, limit=9).claimed) == 1
    assert not queue.claim(zone.name, limit=9).claimed


def test_ways_out_can_be_left_out(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, connection=connection)
    factories.make_message(zone, sandbox=True)
    assert [one.way for one in queue.claim(zone.name, limit=9, without=[SANDBOX]).claimed] == [connection.pk]
    assert [one.way for one in queue.claim(zone.name, limit=9, without=[connection.pk]).claimed] == [SANDBOX]


def test_postponed_is_due_later_and_free(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, connection=connection)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    queue.postpone(claimed.token, [claimed.id], timezone.now() + timedelta(minutes=5))
    recipient = Recipient.objects.get()
    assert (recipient.state, recipient.claim) == (State.QUEUED, None)
    assert due_in(recipient) > timedelta(minutes=4)


def test_a_lost_claim_postpones_nothing(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, connection=connection)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    assert queue.postpone(new_id(), [claimed.id], timezone.now()) == 0


# --- what dead workers leave behind


def test_what_was_only_claimed_just_falls_due_again(zone: Zone, connection: EmailConnection) -> None:
    factories.make_message(zone, connection=connection)
    queue.claim(zone.name, limit=1)
    Recipient.objects.update(due_at=timezone.now())
    assert queue.sweep() == [zone.name]
    assert event_types(Recipient.objects.get()) == ["accepted"]


def test_a_lease_from_before_the_clock_was_set_back_ends_soon(
    zone: Zone, connection: EmailConnection, settings: Settings
) -> None:
    recipient = make_stranded(zone, connection=connection)
    Recipient.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert timedelta() < due_in(swept(recipient)) <= settings.EPM_LEASE
    assert recipient.state == State.SENDING


def test_what_was_on_the_wire_is_in_doubt_and_queued_again(zone: Zone, connection: EmailConnection) -> None:
    recipient = swept(make_stranded(zone, connection=connection))
    assert recipient.state == State.QUEUED
    assert event_types(recipient) == ["accepted", "in_doubt", "requeued"]
    assert recipient.events.get(type="in_doubt").data["why"].startswith("The worker stopped")


def test_a_live_lease_is_left_alone(zone: Zone, connection: EmailConnection) -> None:
    recipient = make_stranded(zone, connection=connection)
    Recipient.objects.update(due_at=timezone.now() + timedelta(seconds=9))
    assert swept(recipient).state == State.SENDING


def test_the_policy_hold_leaves_it_to_a_person(zone: Zone, connection: EmailConnection) -> None:
    recipient = swept(make_stranded(zone, connection=connection, in_doubt_policy=InDoubtPolicy.HOLD))
    assert (recipient.state, recipient.due_at) == (State.IN_DOUBT, None)


def test_the_policy_wait_waits_for_a_receipt(zone: Zone, connection: EmailConnection) -> None:
    application = factories.make_application(zone, in_doubt_wait=10)
    stranded = make_stranded(zone, connection=connection, application=application, in_doubt_policy=InDoubtPolicy.WAIT)
    recipient = swept(stranded)
    assert recipient.state == State.IN_DOUBT
    assert timedelta(minutes=9) < due_in(recipient) <= timedelta(minutes=10)


def test_after_the_wait_it_is_queued_again(zone: Zone, connection: EmailConnection) -> None:
    recipient = swept(make_stranded(zone, connection=connection, in_doubt_policy=InDoubtPolicy.WAIT))
    Recipient.objects.update(due_at=timezone.now())
    assert swept(recipient).state == State.QUEUED


def test_a_receipt_ends_the_wait(zone: Zone, connection: EmailConnection) -> None:
    recipient = swept(make_stranded(zone, connection=connection, in_doubt_policy=InDoubtPolicy.WAIT))
    lifecycle.advance([Move(recipient.pk, EventType.DELIVERED, State.DELIVERED, by_receipt=True)])
    recipient = swept(recipient)
    assert (recipient.state, recipient.due_at) == (State.DELIVERED, None)


def test_a_late_result_of_the_same_attempt_still_counts(zone: Zone, connection: EmailConnection) -> None:
    recipient = swept(make_stranded(zone, connection=connection))
    (moved,) = lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, attempt=1)])
    assert moved.applied


def test_doubt_that_would_expire_is_not_sent_again(zone: Zone, connection: EmailConnection) -> None:
    recipient = swept(make_stranded(zone, connection=connection, expire_at=timezone.now()))
    assert (recipient.state, recipient.due_at) == (State.IN_DOUBT, None)
    assert recipient.events.get(type="in_doubt").data["why"].endswith("It expires before it could be sent again.")


# --- expiry and doorbells


def test_it_expires_what_is_past_its_time(zone: Zone, connection: EmailConnection) -> None:
    message = factories.make_message(zone, connection=connection, expire_at=timezone.now())
    queue.sweep()
    recipient = message.recipients.get()
    assert (recipient.state, recipient.due_at) == (State.EXPIRED, None)
    assert recipient.events.get(type="expired").data["why"]


def test_what_is_held_expires_too(zone: Zone, connection: EmailConnection) -> None:
    past, later = (factories.make_message(zone, expire_at=timezone.now() + timedelta(hours=h)) for h in (0, 1))
    lifecycle.advance([Move(m.recipients.get().pk, EventType.HELD, State.HELD) for m in (past, later)])
    queue.sweep()
    assert (past.recipients.get().state, later.recipients.get().state) == (State.EXPIRED, State.HELD)


def test_it_names_the_zones_with_due_work(zone: Zone, connection: EmailConnection) -> None:
    factories.make_zone("idle")
    factories.make_message(zone, connection=connection)
    assert queue.sweep() == ["main"]


def test_it_names_no_zone_whose_work_is_not_yet_due(zone: Zone, connection: EmailConnection) -> None:
    later = timezone.now() + timedelta(days=1)
    factories.make_message(zone, connection=connection, recipient={"due_at": later})
    assert queue.sweep() == []
