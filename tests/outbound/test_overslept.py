"""A worker that slept past its own leases (a clock that leapt ahead, a machine that was suspended) and wakes among its mails."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from email_processor.models import EventType, Recipient, State
from email_processor.outbound import queue
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import Zone
from tests import factories
from tests.outbound.submissions import make_submission
from tests.outbound.test_queue import make_stranded

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def leaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock leaps ahead by an hour as soon as something was claimed."""
    now, claim, ahead = timezone.now, queue.claim, [timedelta()]

    def claim_and_leap(*where: Any, **how: Any) -> Any:
        claimed = claim(*where, **how)
        ahead[0] = HOUR
        return claimed

    monkeypatch.setattr(timezone, "now", lambda: now() + ahead[0])
    monkeypatch.setattr(queue, "claim", claim_and_leap)


@pytest.mark.parametrize(("connections", "mails"), [(4, 7), (1, 1), (2, 3), (20, 150)])
def test_it_sends_nothing_twice(zone: Zone, world: RunningWorld, leaps: None, connections: int, mails: int) -> None:
    factories.make_connection(zone, server=world.host, port=world.port, max_connections=connections)
    accept(make_submission(zone, *(f"slow+{n}@example.net" for n in range(mails))))
    drain(zone.name)
    taken = Counter(mail.rcpt_tos for mail in world.received)
    assert (len(taken), taken.total()) == (mails, mails)
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.SENT}


def test_what_another_worker_has_on_the_wire_does_not_expire(zone: Zone) -> None:
    recipient = make_stranded(zone)
    queue.expire([recipient.pk])
    assert Recipient.objects.get().state == State.SENDING


def test_what_was_doubted_meanwhile_and_sent_again_is_shown(
    zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its first mail is on the wire, the sweep finds the lease run out: in doubt, queued, claimed by the same worker."""
    factories.make_connection(zone, server=world.host, port=world.port, max_connections=2)
    accept(make_submission(zone, "slow@example.net"))
    claim, times = queue.claim, iter(range(100))

    def claim_and_sweep(*where: Any, **how: Any) -> Any:
        if next(times) == 1:
            Recipient.objects.update(due_at=timezone.now())
            queue.sweep()
        return claim(*where, **how)

    monkeypatch.setattr(queue, "claim", claim_and_sweep)
    drain(zone.name)
    recipient = Recipient.objects.get()
    assert (recipient.state, world.count) == (State.SENT, 2)
    assert recipient.events.filter(type=EventType.IN_DOUBT).count() == 1
