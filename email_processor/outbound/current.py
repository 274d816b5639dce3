"""How fast mail goes just now, by destination: counted from the youngest Events, so that sending need not count for it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from email_processor.models import Event, EventType, PausedDestination, SlowedDestination
from email_processor.outbound.addresses import domain_of
from email_processor.outbound.pace import steps_left

WINDOW = timedelta(minutes=5)
LOOKED_AT = 10_000
"""How many Events are looked at: on a busy day fewer minutes than WINDOW."""
_OUTCOMES = (EventType.SENT, EventType.DEFERRED, EventType.FAILED)


@dataclass(slots=True)
class Destination:
    """One recipients' domain, seen from one zone. `counts` are of attempts by outcome, `hosts` the servers that answered.

    `slowed` says to which part of the usual its servers have asked us down: 4 is a quarter; 1 is as usual.
    """

    zone: int
    domain: str
    counts: Counter[str] = field(default_factory=Counter)
    hosts: set[str] = field(default_factory=set)
    slowed: int = 1
    paused: PausedDestination | None = None


@dataclass(frozen=True, slots=True)
class Current:
    """What went in `span`; the busiest destination first, all paused ones among them."""

    span: timedelta
    destinations: list[Destination]

    def a_minute(self, destination: Destination) -> float:
        """How many mails its servers take in a minute."""
        return destination.counts[EventType.SENT] / max(self.span.total_seconds(), 1) * 60


def current() -> Current:
    """The current pace of all zones: four queries, of which none looks at more than LOOKED_AT rows."""
    now = timezone.now()
    found: dict[tuple[int, str], Destination] = {}
    oldest = now
    for type, at, zone, address, host in _youngest(now):
        one = found.setdefault((zone, domain_of(address)), Destination(zone, domain_of(address)))
        one.counts[type] += 1
        one.hosts |= {host} if host else set()
        oldest = min(oldest, at)
    for paused in PausedDestination.objects.all():
        found.setdefault((paused.zone_id, paused.domain), Destination(paused.zone_id, paused.domain)).paused = paused
    _add_slowness(found.values(), now)
    ordered = sorted(found.values(), key=lambda one: (-one.counts.total(), one.domain))
    return Current(now - oldest, ordered)


def _youngest(now: datetime) -> Iterable[tuple[str, datetime, int, str, str | None]]:
    """By number, which is an index; by time, there is none."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    rows = Event.objects.filter(pk__gt=(last or 0) - LOOKED_AT, at__gte=now - WINDOW, type__in=_OUTCOMES)
    return rows.values_list("type", "at", "recipient__zone", "recipient__address", "data__smtp__host")


def _add_slowness(destinations: Iterable[Destination], now: datetime) -> None:
    parts: Mapping[tuple[int, str], int] = {
        (row.connection.zone_id, row.domain): 2**steps
        for row in SlowedDestination.objects.exclude(domain="").select_related("connection")
        if (steps := steps_left(row, now))
    }
    for one in destinations:
        one.slowed = max(
            (part for (zone, name), part in parts.items() if zone == one.zone and _is(name, one)), default=1
        )


def _is(name: str, one: Destination) -> bool:
    """Are its servers the ones of that common name (see `mx`)?"""
    return name == one.domain or any(host == name or host.endswith(f".{name}") for host in one.hosts)
