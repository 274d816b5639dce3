"""How workers and ways out are doing, in one word each, derived from what was written last.

A worker reports itself (project/heartbeat.py) when its phase changes and twice a minute. Everything else is worked out when
somebody asks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from email_processor.models import ConnectionStanding, ProcessorStatus
from epm.models import Application, Credential, EmailConnection, Zone

SILENCE = timedelta(minutes=3)
"""A status that is older says that something is wrong."""


class Phase(models.TextChoices):
    """What a worker says of itself."""

    STARTING = "starting", "Starting"
    RUNNING = "running", "Running"
    STOPPING = "stopping", "Stopping"
    STOPPED = "stopped", "Stopped"


class Condition(models.TextChoices):
    """How a processor or a connection is doing."""

    NOT_RUNNING = "not_running", "Not Running"
    STARTING = "starting", "Starting"
    RUNNING = "running", "Running"
    STOPPING = "stopping", "Stopping"
    NEED_CONFIGURATION = "need_configuration", "Need Configuration"
    NEED_CONNECTIONS = "need_connections", "Need Connections"
    DEGRADED = "degraded", "Degraded"
    ERROR = "error", "Error"
    STOPPED = "stopped", "Stopped"


_OF_PHASE = {
    Phase.STARTING: Condition.STARTING,
    Phase.STOPPING: Condition.STOPPING,
    Phase.STOPPED: Condition.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Processor:
    """The worker of one host for one zone. `host` is empty where none ever ran; `why` says more, in plain words."""

    zone: str
    host: str
    condition: Condition
    why: str = ""
    since: datetime | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WayOut:
    """A connection. `retry_at` is when a broken one is tried again."""

    key: int
    zone: str
    name: str
    condition: Condition
    why: str = ""
    since: datetime | None = None
    retry_at: datetime | None = None


def report(host: str, zone_names: Iterable[str], phase: Phase) -> None:
    """Write that the worker on `host` lives, and what it is about to do for each zone."""
    now = timezone.now()
    for zone in Zone.objects.filter(name__in=list(zone_names)):
        lives_on = ProcessorStatus.objects.filter(zone=zone, host=host, phase=phase).update(seen_at=now)
        if not lives_on:
            news = {"phase": phase, "since": now, "seen_at": now}
            ProcessorStatus.objects.update_or_create(zone=zone, host=host, defaults=news)


def overview(zone_names: Collection[str] | None = None) -> tuple[list[Processor], list[WayOut]]:
    """The workers and the connections of each zone (of all, or of these), read once for both."""
    statuses = list(ProcessorStatus.objects.select_related("zone").order_by("host"))
    ways = _ways_out(statuses, zone_names)
    return _processors(statuses, ways, zone_names), ways


def processors(zone_names: Collection[str] | None = None) -> list[Processor]:
    """The workers of each zone (of all, or of these), by zone and host; one that is not running where there is none."""
    return overview(zone_names)[0]


def connections(zone_names: Collection[str] | None = None) -> list[WayOut]:
    """The connections of each zone (of all, or of these), by zone and name."""
    return _ways_out(list(ProcessorStatus.objects.all()), zone_names)


def _processors(
    statuses: Iterable[ProcessorStatus], ways: Iterable[WayOut], zone_names: Collection[str] | None
) -> list[Processor]:
    ways_of, statuses_of = defaultdict(list), defaultdict[int, list[ProcessorStatus | None]](list)
    for way in ways:
        ways_of[way.zone].append(way)
    for status in statuses:
        statuses_of[status.zone_id].append(status)
    configured = _configured_zones()
    return [
        _processor(zone.name, status, ways_of[zone.name], is_configured=zone.pk in configured)
        for zone in _zones(zone_names)
        for status in statuses_of[zone.pk] or [None]
    ]


def _ways_out(statuses: Iterable[ProcessorStatus], zone_names: Collection[str] | None) -> list[WayOut]:
    rows = EmailConnection.objects.select_related("zone").order_by("zone__name", "name")
    if zone_names is not None:
        rows = rows.filter(zone__name__in=zone_names)
    known = {standing.connection_id: standing for standing in ConnectionStanding.objects.all()}
    last_seen = {status.zone_id: status for status in sorted(statuses, key=lambda status: status.seen_at)}
    return [_way_out(row, known.get(row.pk), last_seen.get(row.zone_id)) for row in rows]


def _zones(zone_names: Collection[str] | None) -> Iterable[Zone]:
    zones = Zone.objects.order_by("name")
    return zones if zone_names is None else zones.filter(name__in=zone_names)


def _configured_zones() -> set[int]:
    """The keys of the zones for which somebody may send."""
    with_applications = Application.objects.order_by().values_list("zone", flat=True)
    return set(with_applications.union(Credential.objects.order_by().values_list("zone", flat=True)))


def _processor(zone: str, status: ProcessorStatus | None, ways: list[WayOut], *, is_configured: bool) -> Processor:
    if status is None:
        return Processor(zone, "", Condition.NOT_RUNNING, "No worker has ever reported for this zone.")
    condition, why = _condition_of_worker(status)
    if condition is Condition.RUNNING:
        condition, why = _condition_of_work(ways, is_configured)
    return Processor(zone, status.host, condition, why, status.since, status.seen_at)


def _condition_of_worker(status: ProcessorStatus) -> tuple[Condition, str]:
    """What the worker's own words say, if they are fresh."""
    phase = Phase(status.phase)
    if phase is not Phase.STOPPED and abs(timezone.now() - status.seen_at) > SILENCE:
        return Condition.ERROR, "It has given no sign of life for more than 3 minutes."
    return _OF_PHASE.get(phase, Condition.RUNNING), ""


def _condition_of_work(ways: list[WayOut], is_configured: bool) -> tuple[Condition, str]:
    """How much of its work a worker that runs can do."""
    if not is_configured:
        return Condition.NEED_CONFIGURATION, "The zone has neither applications nor credentials yet."
    enabled = [way for way in ways if way.condition is not Condition.STOPPED]
    if not enabled:
        return Condition.NEED_CONNECTIONS, "The zone has no enabled connection."
    if broken := [way.name for way in enabled if way.retry_at is not None]:
        return Condition.DEGRADED, f"Broken: {', '.join(broken)}."
    return Condition.RUNNING, ""


def _way_out(row: EmailConnection, known: ConnectionStanding | None, worker: ProcessorStatus | None) -> WayOut:
    is_broken = known is not None and known.retry_at is not None
    condition, why = _condition_of_way(row, known if is_broken else None, worker)
    return WayOut(
        row.pk,
        row.zone.name,
        row.name,
        condition,
        why,
        since=known.changed_at if known else None,
        retry_at=known.retry_at if known else None,
    )


def _condition_of_way(
    row: EmailConnection, broken: ConnectionStanding | None, worker: ProcessorStatus | None
) -> tuple[Condition, str]:
    if not row.enabled:
        return Condition.STOPPED, "It is disabled."
    if worker is None:
        return Condition.NOT_RUNNING, "No worker has ever reported for its zone."
    condition, why = _condition_of_worker(worker)
    if condition is Condition.STOPPED:
        return Condition.NOT_RUNNING, "The worker of its zone is stopped."
    if condition is Condition.RUNNING and broken is not None:
        return Condition.ERROR, broken.why or "The server cannot be used."
    return condition, why
