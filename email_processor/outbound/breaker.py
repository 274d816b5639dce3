"""The circuit breaker of each connection: what is broken is left alone, probed by one mail after a while, and used again.

It is kept in a row, so that all workers and the console see it, and written only when it changes: troubles in a row count up
to LIMIT, then the connection is broken (`retry_at` is set). Once that time has come, the worker that wins the row lets one mail
through. If it meets trouble again, the next pause is longer; the first server that answers as it should ends it all.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from email_processor.models import ConnectionStanding
from email_processor.outbound.routing import SANDBOX
from email_processor.outbound.send_result import SendResult
from epm.models import EmailConnection

LIMIT = 5
"""How many troubles in a row break a connection."""
PAUSES = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300))
"""From the n-th finding that it is broken to the next probe; the last one repeats."""
PROBE_LEASE = timedelta(minutes=1)
"""How long one probe keeps other workers from probing too."""

Standings = dict[int, ConnectionStanding]


def standings(connections: Iterable[EmailConnection]) -> Standings:
    """What is known about each of `connections`, by their keys. Read them with their `standing`: then this asks nothing."""
    return {row.pk: row.standing for row in connections if hasattr(row, "standing")}


def may_probe(standing: ConnectionStanding) -> bool:
    """Is it time to try a broken connection, and are we the one who does? Then others wait for PROBE_LEASE.

    What is further ahead than any pause was written before the clock was set back.
    """
    now = timezone.now()
    if standing.retry_at is None or now < standing.retry_at <= now + PAUSES[-1]:
        return False
    won = ConnectionStanding.objects.filter(pk=standing.pk, retry_at=standing.retry_at).update(
        retry_at=now + PROBE_LEASE, is_probed=True, changed_at=now
    )
    return bool(won)


def note(results: Iterable[tuple[int, SendResult]], known: Standings) -> bool:
    """Write what attempts say about their connections, where it is new; `known` is what was read before.

    Answers whether anything was written, so that it must be read again.
    """
    by_way: defaultdict[int, list[SendResult]] = defaultdict(list)
    for way, result in results:
        if way != SANDBOX:
            by_way[way].append(result)
    changes = [_note(way, found, known.get(way)) for way, found in by_way.items()]
    return any(changes)


def _note(way: int, results: list[SendResult], known: ConnectionStanding | None) -> bool:
    if not all(result.is_trouble for result in results):
        return known is not None and known.troubles > 0 and _works(way)
    _has_trouble(way, results)
    return True


def _works(way: int) -> bool:
    changed = ConnectionStanding.objects.filter(pk=way).exclude(troubles=0)
    return bool(changed.update(troubles=0, openings=0, retry_at=None, is_probed=False, changed_at=timezone.now()))


@transaction.atomic
def _has_trouble(way: int, results: list[SendResult]) -> None:
    """Count, and break it where that is too much. What was on the wire when it broke does not lengthen the pause."""
    now = timezone.now()
    ConnectionStanding.objects.get_or_create(pk=way, defaults={"changed_at": now})
    row = ConnectionStanding.objects.select_for_update().get(pk=way)
    was_closed = row.retry_at is None
    row.troubles, row.why, row.changed_at = row.troubles + len(results), results[-1].text, now
    if row.is_probed or (was_closed and row.troubles >= LIMIT):
        row.openings, row.is_probed = row.openings + 1, False
        row.retry_at = now + _pause(row.openings)
    row.save()


def _pause(openings: int) -> timedelta:
    return PAUSES[min(openings, len(PAUSES)) - 1]


def next_look(known: Iterable[ConnectionStanding]) -> datetime | None:
    """When the first of some broken connections is tried again; None where none is broken."""
    latest = timezone.now() + PAUSES[-1]
    return min((min(row.retry_at, latest) for row in known if row.retry_at is not None), default=None)
