"""How workers and connections are doing, in the words of the console and of getStatusEx."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from email_processor.models import ConnectionStanding, ProcessorStatus
from email_processor.outbound import standing
from email_processor.outbound.standing import Condition, Phase
from epm.models import Application, EmailConnection, Zone
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now


def condition() -> Condition:
    (processor,) = standing.processors()
    return processor.condition


def condition_of_connection() -> Condition:
    (way,) = standing.connections()
    return way.condition


def let_it_be_silent(minutes: float) -> None:
    ProcessorStatus.objects.update(seen_at=NOW() - timedelta(minutes=minutes))


def break_connection(connection: EmailConnection, **fields: Any) -> None:
    ConnectionStanding.objects.create(
        connection=connection, changed_at=NOW(), retry_at=NOW() + timedelta(minutes=1), why="refused", **fields
    )


def test_a_zone_for_which_no_worker_ever_ran_is_not_running(zone: Zone) -> None:
    assert condition() == Condition.NOT_RUNNING


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.STARTING, Condition.STARTING),
        (Phase.RUNNING, Condition.RUNNING),
        (Phase.STOPPING, Condition.STOPPING),
        (Phase.STOPPED, Condition.STOPPED),
    ],
)
def test_it_says_what_the_worker_says(
    application: Application, connection: EmailConnection, phase: Phase, expected: Condition
) -> None:
    standing.report("host", ["main"], phase)
    assert condition() == expected


def test_it_needs_configuration_first(zone: Zone) -> None:
    standing.report("host", ["main"], Phase.RUNNING)
    assert condition() == Condition.NEED_CONFIGURATION


def test_it_needs_connections_next(application: Application) -> None:
    standing.report("host", ["main"], Phase.RUNNING)
    factories.make_connection(application.zone, enabled=False)
    assert condition() == Condition.NEED_CONNECTIONS


def test_a_broken_connection_degrades_it(application: Application, connection: EmailConnection) -> None:
    standing.report("host", ["main"], Phase.RUNNING)
    break_connection(connection)
    assert standing.processors()[0].why == f"Broken: {connection.name}."
    assert condition() == Condition.DEGRADED


@pytest.mark.parametrize(
    ("minutes", "expected"), [(2.9, Condition.RUNNING), (3.1, Condition.ERROR), (-60, Condition.ERROR)]
)
def test_a_status_older_than_three_minutes_is_an_error(
    application: Application, connection: EmailConnection, minutes: float, expected: Condition
) -> None:
    standing.report("host", ["main"], Phase.RUNNING)
    let_it_be_silent(minutes)
    assert condition() == expected
    assert condition_of_connection() == expected


def test_who_said_it_would_stop_may_be_silent(application: Application, connection: EmailConnection) -> None:
    standing.report("host", ["main"], Phase.STOPPED)
    let_it_be_silent(60)
    assert condition() == Condition.STOPPED
    assert condition_of_connection() == Condition.NOT_RUNNING


def test_a_disabled_connection_is_stopped(zone: Zone) -> None:
    factories.make_connection(zone, enabled=False)
    assert condition_of_connection() == Condition.STOPPED


def test_a_broken_connection_is_an_error_and_says_why(connection: EmailConnection) -> None:
    standing.report("host", ["main"], Phase.RUNNING)
    break_connection(connection)
    (way,) = standing.connections()
    assert (way.condition, way.why) == (Condition.ERROR, "refused")


def test_a_sign_of_life_does_not_change_since(zone: Zone) -> None:
    standing.report("host", ["main"], Phase.RUNNING)
    since = ProcessorStatus.objects.get().since
    let_it_be_silent(1)
    standing.report("host", ["main"], Phase.RUNNING)
    status = ProcessorStatus.objects.get()
    assert status.since == since
    assert NOW() - status.seen_at < timedelta(seconds=30)


def test_each_host_speaks_for_itself(zone: Zone) -> None:
    standing.report("one", ["main"], Phase.RUNNING)
    standing.report("two", ["main"], Phase.STOPPED)
    assert [processor.host for processor in standing.processors()] == ["one", "two"]


def test_it_tells_of_the_zones_asked_for(zone: Zone) -> None:
    factories.make_zone("other")
    assert [processor.zone for processor in standing.processors(["other"])] == ["other"]
