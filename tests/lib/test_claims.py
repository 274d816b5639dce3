import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from email_processor.models import Recipient
from epm.models import Zone
from lib import claims
from tests import factories

MINUTE = timedelta(minutes=1)
QUEUE = Recipient.objects.order_by("priority", "due_at")


def test_it_claims_what_is_due_and_nothing_twice(zone: Zone) -> None:
    factories.make_message(zone, "a@example.net", "b@example.net")
    first = claims.claim(QUEUE, lease=MINUTE, limit=10)
    assert len(first.keys) == 2
    assert not claims.claim(QUEUE, lease=MINUTE, limit=10)


def test_it_leaves_what_is_not_yet_due(zone: Zone) -> None:
    factories.make_message(zone, recipient={"due_at": timezone.now() + MINUTE})
    assert not claims.claim(QUEUE, lease=MINUTE, limit=10)


def test_it_lets_an_expired_lease_fall_due_again(zone: Zone) -> None:
    factories.make_message(zone)
    claims.claim(QUEUE, lease=-MINUTE, limit=10)
    assert claims.claim(QUEUE, lease=MINUTE, limit=10)


def test_it_does_not_renew_what_somebody_else_claimed_meanwhile(zone: Zone) -> None:
    factories.make_message(zone)
    overslept = claims.claim(QUEUE, lease=-MINUTE, limit=10)
    claims.claim(QUEUE, lease=MINUTE, limit=10)
    assert claims.renew(Recipient, overslept.token, overslept.keys, lease=MINUTE) == 0


def test_it_releases_to_the_queue_at_once(zone: Zone) -> None:
    factories.make_message(zone)
    claim = claims.claim(QUEUE, lease=MINUTE, limit=10)
    claims.release(Recipient, claim.token, claim.keys)
    assert claims.claim(QUEUE, lease=MINUTE, limit=10).keys == claim.keys


@pytest.mark.parametrize(("limit", "is_all"), [(3, True), (2, False), (1, False)])
def test_it_says_whether_that_was_all(zone: Zone, limit: int, is_all: bool) -> None:
    factories.make_message(zone, "a@example.net", "b@example.net")
    assert claims.claim(QUEUE, lease=MINUTE, limit=limit).is_all is is_all


def test_it_says_that_one_of_two_queues_may_have_more(zone: Zone) -> None:
    factories.make_message(zone, "a@example.net", "b@example.net")
    nothing = QUEUE.filter(address="nobody@example.net")
    assert not claims.claim(QUEUE, nothing, lease=MINUTE, limit=2).is_all


@pytest.mark.django_db(transaction=True)
def test_it_hands_each_row_to_one_of_many_workers() -> None:
    zone = factories.make_zone()
    factories.make_message(zone, *(f"user{n}@example.net" for n in range(200)))
    taken: list[object] = []

    def work() -> None:
        while claim := claims.claim(QUEUE, lease=MINUTE, limit=7):
            taken.extend(claim.keys)
        database.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len(set(taken)) == 200


# --- hosts whose clocks differ

OF_ITS_OWN = pytest.mark.skipif(database.vendor != "postgresql", reason="the database has no clock of its own")


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let this host's clock go wrong."""
    right = timezone.now
    return lambda by: monkeypatch.setattr(timezone, "now", lambda: right() + by)


@OF_ITS_OWN
@pytest.mark.parametrize("ahead", [10 * MINUTE, -10 * MINUTE])
def test_no_host_takes_the_leases_of_another(
    zone: Zone, set_clock: Callable[[timedelta], None], ahead: timedelta
) -> None:
    factories.make_message(zone)
    set_clock(-ahead)
    assert claims.claim(QUEUE, lease=MINUTE, limit=10)
    set_clock(ahead)
    assert not claims.claim(QUEUE, lease=MINUTE, limit=10)


@OF_ITS_OWN
@pytest.mark.parametrize("ahead", [10 * MINUTE, -10 * MINUTE])
def test_a_lease_of_a_host_that_died_ends_for_all(
    zone: Zone, set_clock: Callable[[timedelta], None], ahead: timedelta
) -> None:
    factories.make_message(zone)
    set_clock(ahead)
    claims.claim(QUEUE, lease=-MINUTE, limit=10)
    set_clock(-ahead)
    assert claims.claim(QUEUE, lease=MINUTE, limit=10)
