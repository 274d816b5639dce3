"""Several connections in a zone: who carries a mail, and what happens when one of them is broken."""

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from email_processor.models import ConnectionStanding, EventType, Recipient, State
from email_processor.outbound import breaker
from email_processor.outbound.acceptance import accept
from email_processor.outbound.lanes import Lanes
from email_processor.outbound.pace import Pace
from email_processor.outbound.queue import Claimed
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import EmailConnection, Zone
from tests import factories
from tests.outbound.claimed import make_claimed
from tests.outbound.servers import odd_server
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that refuses connections: bound, and nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def queued(zone: Zone, *addresses: str, **options: Any) -> list[Recipient]:
    return list(accept(make_submission(zone, *addresses, options=options)).recipients)


def many(count: int) -> list[str]:
    return [f"customer{n}@example.net" for n in range(count)]


def claimed(way: int | None = None) -> Claimed:
    return make_claimed(way=way)


def chosen(lanes: Lanes, count: int) -> Counter[int]:
    """How many of `count` mails that may take any way go which one."""
    lanes_taken = [lanes.of(claimed()) for _ in range(count)]
    return Counter(lane.route.way for lane in lanes_taken if lane)


def opened(zone: Zone) -> Lanes:
    lanes = Lanes()
    connections = EmailConnection.objects.filter(zone=zone, enabled=True)
    lanes.open(connections, breaker.standings(connections), Pace())
    return lanes


def break_connection(connection: EmailConnection, *, retry_in: float) -> ConnectionStanding:
    now = timezone.now()
    return ConnectionStanding.objects.create(
        connection=connection,
        troubles=breaker.LIMIT,
        openings=1,
        retry_at=now + timedelta(seconds=retry_in),
        changed_at=now,
    )


# --- who carries it


def test_connections_of_one_preference_share_by_weight(zone: Zone) -> None:
    light = factories.make_connection(zone, "light", weight=10)
    heavy = factories.make_connection(zone, "heavy", weight=30)
    share = chosen(opened(zone), 2000)
    assert 2.4 < share[heavy.pk] / share[light.pk] < 3.8


def test_the_others_stand_by(zone: Zone) -> None:
    first = factories.make_connection(zone, "first", preference=1)
    factories.make_connection(zone, "second", preference=2)
    assert chosen(opened(zone), 50) == {first.pk: 50}


def test_the_next_preference_takes_over_from_broken_ones(zone: Zone) -> None:
    break_connection(factories.make_connection(zone, "first", preference=1), retry_in=60)
    second = factories.make_connection(zone, "second", preference=2)
    assert chosen(opened(zone), 50) == {second.pk: 50}


def test_a_way_in_which_enough_waits_is_passed_over(zone: Zone) -> None:
    busy = factories.make_connection(zone, "busy", max_connections=1)
    idle = factories.make_connection(zone, "idle")
    lanes = opened(zone)
    lane = lanes.of(claimed(busy.pk))
    assert lane is not None
    lane.queue(claimed())
    assert chosen(lanes, 50) == {idle.pk: 50}


def test_a_mail_whose_caller_named_a_connection_takes_no_other(zone: Zone, world: RunningWorld) -> None:
    named = factories.make_connection(zone, "named", server=world.host, port=world.port)
    standing = break_connection(named, retry_in=60)
    factories.make_connection(zone, "other", server=world.host, port=world.port)
    queued(zone, connection="named")
    drain(zone.name)
    recipient = Recipient.objects.get()
    assert standing.retry_at is not None
    assert (recipient.state, recipient.attempts) == (State.QUEUED, 0)
    assert recipient.due_at == standing.retry_at.replace(microsecond=0)


def test_a_mail_that_waits_for_its_connection_falls_due_when_it_expires(zone: Zone) -> None:
    break_connection(factories.make_connection(zone), retry_in=60)
    end = timezone.now().replace(microsecond=0) + timedelta(seconds=20)
    queued(zone, expire_at=end)
    drain(zone.name)
    assert Recipient.objects.get().due_at == end


def test_a_mail_that_waited_in_vain_expires(zone: Zone) -> None:
    break_connection(factories.make_connection(zone), retry_in=60)
    message = factories.make_message(zone, expire_at=timezone.now())
    drain(zone.name)
    assert message.recipients.get().state == State.EXPIRED


# --- fail-over


def test_a_dead_server_costs_no_attempt_where_another_works(zone: Zone, world: RunningWorld, dead_port: int) -> None:
    factories.make_connection(zone, "dead", port=dead_port, preference=1)
    factories.make_connection(zone, "alive", server=world.host, port=world.port, preference=2)
    queued(zone, *many(20))
    drain(zone.name)
    assert set(Recipient.objects.values_list("state", "attempts")) == {(State.SENT, 1)}
    assert world.count == 20


def test_nobody_is_told_of_a_deferral_that_failed_over(zone: Zone, world: RunningWorld, dead_port: int) -> None:
    factories.make_connection(zone, "dead", port=dead_port, preference=1)
    factories.make_connection(zone, "alive", server=world.host, port=world.port, preference=2)
    (recipient,) = queued(zone)
    drain(zone.name)
    assert list(recipient.events.values_list("type", flat=True)) == [EventType.ACCEPTED, EventType.SENT]


def test_it_is_deferred_as_usual_where_none_works(zone: Zone, dead_port: int) -> None:
    factories.make_connection(zone, "one", port=dead_port)
    factories.make_connection(zone, "two", port=dead_port)
    queued(zone)
    drain(zone.name)
    assert list(Recipient.objects.values_list("state", "attempts")) == [(State.DEFERRED, 1)]


def test_what_may_have_left_is_in_doubt_and_takes_no_other_way(zone: Zone, world: RunningWorld) -> None:
    factories.make_connection(zone, "alive", server=world.host, port=world.port, preference=2)
    with odd_server(CONTENT=None) as server:
        factories.make_connection(zone, "odd", port=server.port, preference=1)
        (recipient,) = queued(zone)
        drain(zone.name)
    assert EventType.IN_DOUBT in recipient.events.values_list("type", flat=True)
    assert world.count == 0


# --- the breaker


def test_a_server_that_is_down_is_left_alone_after_a_few_troubles(zone: Zone, world: RunningWorld) -> None:
    factories.make_connection(zone, "alive", server=world.host, port=world.port, preference=2)
    with odd_server(GREETING=b"421 4.3.2 closing\r\n") as server:
        down = factories.make_connection(zone, "down", port=server.port, preference=1, max_connections=1)
        queued(zone, *many(40))
        drain(zone.name)
        assert server.connections == breaker.LIMIT
    assert world.count == 40
    standing = ConnectionStanding.objects.get(connection=down)
    assert standing.retry_at is not None
    assert "closing" in standing.why


def test_a_wrong_password_breaks_a_connection_and_refuses_no_mail(zone: Zone) -> None:
    with odd_server(EHLO=b"250-odd.example\r\n250 AUTH PLAIN\r\n", AUTH=b"535 5.7.8 no\r\n") as server:
        factories.make_connection(zone, port=server.port, user_name="anna", password="wrong", max_connections=1)
        queued(zone, *many(breaker.LIMIT))
        drain(zone.name)
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.DEFERRED}
    assert ConnectionStanding.objects.get().retry_at is not None


def test_a_refused_mail_is_no_trouble(zone: Zone) -> None:
    with odd_server(RCPT=b"450 4.2.1 later\r\n") as server:
        factories.make_connection(zone, port=server.port)
        queued(zone, *many(20))
        drain(zone.name)
    assert not ConnectionStanding.objects.exists()


def test_an_answer_ends_a_row_of_troubles(zone: Zone, world: RunningWorld) -> None:
    connection = factories.make_connection(zone, server=world.host, port=world.port)
    ConnectionStanding.objects.create(connection=connection, troubles=breaker.LIMIT - 1, changed_at=timezone.now())
    queued(zone)
    drain(zone.name)
    assert ConnectionStanding.objects.get().troubles == 0


@pytest.mark.parametrize("retry_in", [-1, 3600])
def test_a_probe_that_arrives_mends_a_connection(zone: Zone, world: RunningWorld, retry_in: float) -> None:
    """An hour ahead: the clock was set back."""
    connection = factories.make_connection(zone, server=world.host, port=world.port)
    break_connection(connection, retry_in=retry_in)
    queued(zone)
    drain(zone.name)
    standing = ConnectionStanding.objects.get()
    assert (standing.retry_at, standing.openings, standing.is_probed) == (None, 0, False)
    assert world.count == 1


def test_a_probe_that_fails_makes_the_pause_longer(zone: Zone, dead_port: int) -> None:
    connection = factories.make_connection(zone, port=dead_port)
    break_connection(connection, retry_in=-1)
    queued(zone)
    drain(zone.name)
    standing = ConnectionStanding.objects.get()
    assert (standing.openings, standing.is_probed) == (2, False)
    assert standing.retry_at is not None
    assert standing.retry_at > timezone.now() + breaker.PAUSES[1] - timedelta(seconds=5)


def test_none_waits_for_an_hour_that_the_clock_goes_through_twice(connection: EmailConnection) -> None:
    standing = break_connection(connection, retry_in=3600)
    found = breaker.next_look([standing])
    assert found is not None
    assert found <= timezone.now() + breaker.PAUSES[-1]


def test_one_worker_probes(zone: Zone, connection: EmailConnection) -> None:
    standing = break_connection(connection, retry_in=-1)
    assert breaker.may_probe(standing)
    assert not breaker.may_probe(standing)


def test_one_mail_is_the_probe(zone: Zone, world: RunningWorld) -> None:
    broken = factories.make_connection(zone, "broken", preference=1)
    alive = factories.make_connection(zone, "alive", preference=2)
    break_connection(broken, retry_in=-1)
    lanes = opened(zone)
    assert chosen(lanes, 10) == {broken.pk: 1, alive.pk: 9}
