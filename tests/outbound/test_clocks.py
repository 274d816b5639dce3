"""Workers on hosts whose clocks differ, on one database that has a clock of its own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from email_processor import lifecycle
from email_processor.models import Recipient, State
from email_processor.outbound import queue
from epm.models import EmailConnection, Zone
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(database.vendor != "postgresql", reason="the database has no clock of its own"),
]

SetClock = Callable[[int], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let this host's clock be so many minutes ahead."""
    right = timezone.now
    return lambda minutes: monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=minutes))


@pytest.mark.parametrize(("theirs", "ours"), [(-10, 10), (10, -10), (0, 10), (0, -10)])
def test_what_another_worker_has_on_the_wire_is_its_own(
    zone: Zone, connection: EmailConnection, set_clock: SetClock, theirs: int, ours: int
) -> None:
    factories.make_message(zone, connection=connection)
    set_clock(theirs)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    lifecycle.begin(claimed.token, [claimed.id])
    queue.renew(claimed.token, [claimed.id])
    set_clock(ours)
    queue.sweep()
    assert Recipient.objects.get().state == State.SENDING
    assert not queue.claim(zone.name, limit=1).claimed


@pytest.mark.parametrize("minutes", [10, -10])
def test_what_a_dead_worker_had_on_the_wire_is_doubted_by_any(
    zone: Zone, connection: EmailConnection, set_clock: SetClock, minutes: int
) -> None:
    factories.make_message(zone, connection=connection)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    lifecycle.begin(claimed.token, [claimed.id])
    Recipient.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    set_clock(minutes)
    queue.sweep()
    assert Recipient.objects.get().state == State.QUEUED


def test_a_worker_whose_clock_is_behind_sends_what_is_due(
    zone: Zone, connection: EmailConnection, set_clock: SetClock
) -> None:
    factories.make_message(zone, connection=connection)
    set_clock(-10)
    assert queue.has_due(zone.name)
    assert len(queue.claim(zone.name, limit=1).claimed) == 1


def test_what_a_stopping_worker_gives_back_is_due_at_once_for_all(
    zone: Zone, connection: EmailConnection, set_clock: SetClock
) -> None:
    factories.make_message(zone, connection=connection)
    set_clock(10)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    queue.give_back(claimed.token, [claimed.id])
    set_clock(0)
    assert len(queue.claim(zone.name, limit=1).claimed) == 1
