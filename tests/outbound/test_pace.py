"""How fast mail goes: as operators allow, as servers ask, and not at all where it is paused."""

import time
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings

from email_processor.models import PaceWindow, PausedDestination, Recipient, SlowedDestination, State
from email_processor.outbound import pace
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import EmailConnection, Zone
from lib.counting import shared_redis
from tests import factories
from tests.outbound.internet import Internet, directly
from tests.outbound.servers import odd_server
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


def sent(zone: Zone, *addresses: str) -> None:
    accept(make_submission(zone, *addresses))
    drain(zone.name)


def many(count: int) -> list[str]:
    return [f"customer{n}@example.net" for n in range(count)]


def slowed(connection: EmailConnection, steps: int, minutes_ago: float = 0, domain: str = "") -> SlowedDestination:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return SlowedDestination.objects.create(
        connection=connection, domain=domain, steps=steps, why="421 slower", changed_at=at
    )


# --- mails a second


def test_no_more_than_its_operator_allows_go_in_a_second(zone: Zone, world: RunningWorld) -> None:
    factories.make_connection(zone, server=world.host, port=world.port, max_per_second=10)
    began = time.time()
    sent(zone, *many(25))
    in_seconds: dict[int, int] = {}
    for mail in world.received:
        second = int(mail.received_at.timestamp())
        in_seconds[second] = in_seconds.get(second, 0) + 1
    assert world.count == 25
    assert time.time() - began > 1
    # What is taken at the end of a second may arrive at the beginning of the next.
    assert max(in_seconds.values()) <= 20


def test_workers_share_what_a_second_allows(connection: EmailConnection) -> None:
    second = int(time.time())
    granted = [pace._counted_in_database((connection.pk, ""), second, 10, 4) for _ in range(4)]
    assert granted == [4, 4, 2, 0]
    assert pace._counted_in_database((connection.pk, ""), second + 1, 10, 4) == 4
    assert pace._counted_in_database((connection.pk, "provider.example"), second, 10, 4) == 4


@pytest.mark.skipif(
    not django_settings.CELERY_BROKER_URL.startswith("redis"), reason="counts in Redis only where the broker is Redis"
)
def test_redis_counts_where_there_is_one(connection: EmailConnection) -> None:
    redis = shared_redis()
    assert redis is not None
    second = time.time_ns()
    assert [pace._counted(redis, (connection.pk, ""), second, 10, 4) for _ in range(4)] == [4, 4, 2, 0]


def test_the_database_counts_while_redis_is_away(
    connection: EmailConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    shared_redis.cache_clear()
    assert pace.take((connection.pk, ""), 10, 4) == 4
    assert PaceWindow.objects.get().taken == 4
    shared_redis.cache_clear()


# --- slower where servers ask for it


@pytest.mark.parametrize(
    "reply", [b"421 4.3.2 too fast\r\n", b"450 4.7.1 slow down\r\n", b"451 4.7.650 reputation\r\n"]
)
def test_a_server_that_asks_for_it_gets_less(zone: Zone, reply: bytes) -> None:
    with odd_server(RCPT=reply) as server:
        factories.make_connection(zone, port=server.port)
        sent(zone, *many(10))
    row = SlowedDestination.objects.get()
    assert (row.steps, row.why[:3], row.why[-4:]) == (1, reply[:3].decode(), reply[-6:-2].decode())


def test_a_mailbox_that_is_full_slows_nothing(zone: Zone) -> None:
    with odd_server(RCPT=b"452 4.2.2 full\r\n") as server:
        factories.make_connection(zone, port=server.port)
        sent(zone, *many(10))
    assert not SlowedDestination.objects.exists()


def test_half_as_many_are_on_the_wire(zone: Zone, world: RunningWorld) -> None:
    slowed(factories.make_connection(zone, server=world.host, port=world.port, max_connections=8), steps=2)
    sent(zone, *many(60))
    assert (world.count, world.connections) == (60, 2)


def test_one_is_always_on_the_wire(zone: Zone, world: RunningWorld) -> None:
    slowed(factories.make_connection(zone, server=world.host, port=world.port), steps=pace.MOST_STEPS)
    sent(zone, *many(5))
    assert (world.count, world.connections) == (5, 1)


@pytest.mark.parametrize(("minutes", "left"), [(0.5, 3), (1.5, 2), (3.5, 0), (60, 0), (-0.1, 3), (-60, 0)])
def test_time_takes_the_steps_back(connection: EmailConnection, minutes: float, left: int) -> None:
    assert pace.steps_left(slowed(connection, 3, minutes), timezone.now()) == left


def test_a_destination_is_slowed_for_itself(zone: Zone, internet: Internet) -> None:
    sink = internet.sink("127.0.0.2")
    internet.names.records["fast.example A"] = ["127.0.0.2"]
    slowed(directly(zone, internet, max_per_destination=4), steps=2, domain="bare.example")
    sent(zone, *(f"slow+{n}@bare.example" for n in range(3)), *(f"slow+{n}@fast.example" for n in range(3)))
    order = [mail.rcpt_tos[0].partition("@")[2] for mail in sink.received]
    assert order[-1] == order[-2] == "bare.example"
    assert sink.count == 6


# --- paused


def test_nothing_goes_to_a_paused_destination(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    PausedDestination.objects.create(zone=zone, domain="burning.example")
    sent(zone, "ann@burning.example", "bob@example.net")
    assert [mail.rcpt_tos for mail in world.received] == [("bob@example.net",)]
    waiting = Recipient.objects.get(address="ann@burning.example")
    assert (waiting.state, waiting.attempts) == (State.QUEUED, 0)
    assert waiting.due_at is not None
    assert waiting.due_at > timezone.now()


def test_another_zone_is_not_paused(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    PausedDestination.objects.create(zone=factories.make_zone("other"), domain="example.net")
    sent(zone, "bob@example.net")
    assert world.count == 1
