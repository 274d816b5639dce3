"""How fast: mails a second through a connection, slower where servers ask for it, and not at all where an operator says so.

What is shared between workers is shared through rows, which change rarely; only the counting of mails a second goes through
Redis, where the broker is one.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import Redis, RedisError

from email_processor.models import PaceWindow, PausedDestination, SlowedDestination
from email_processor.outbound import mx
from email_processor.outbound.addresses import ascii_domain
from email_processor.outbound.routing import SANDBOX, Route
from email_processor.outbound.send_result import Outcome, SendResult
from lib.counting import shared_redis

log = logging.getLogger(__name__)

MOST_STEPS = 6
STEP = timedelta(seconds=10)
"""How much time one more step takes: what was on the wire together counts once."""
RECOVERY = timedelta(minutes=1)
"""After how long a step is taken back."""
_KEPT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """What was read: the domains that are paused, and the steps by way and servers ("" of a smarthost)."""

    paused: frozenset[str] = frozenset()
    steps: dict[tuple[int, str], int] = field(default_factory=dict)


@dataclass(eq=False)
class Allowance:
    """How many mails a second all workers together may send through a way (whose servers have no name), or to some servers.

    A `rate` of None is as many as there are.
    """

    servers: tuple[int, str] = (SANDBOX, "")
    rate: int | None = None
    used_up: int = 0
    """The second (Unix time) in which no more may go."""

    def grant(self, wanted: int) -> int:
        """How many of `wanted` may go in this second."""
        if self.rate is None or wanted <= 0:
            return wanted
        second = int(time.time())
        if second == self.used_up:
            return 0
        granted = take(self.servers, self.rate, wanted)
        if granted < wanted:
            self.used_up = second
        return granted


@dataclass(eq=False)
class Servers:
    """The servers behind a way, or behind the destinations of a direct one that share them, and what is on the wire there."""

    on_the_wire: int = 0
    steps: int = 0
    """How often they asked for half of what there was."""
    allowance: Allowance = field(default_factory=Allowance)


def servers_of(route: Route) -> tuple[int, str] | None:
    """The key of a route's servers; None where a direct one's are not yet known: only one mail shall go there until they are."""
    if not route.is_direct:
        return route.way, ""
    name = mx.common_name_of(route.destination)
    return None if name is None else (route.way, name)


def read(zone_name: str) -> Pace:
    """The pace of a zone: two queries of few rows."""
    paused = PausedDestination.objects.filter(zone__name=zone_name).values_list("domain", flat=True)
    slowed = SlowedDestination.objects.filter(connection__zone__name=zone_name)
    now = timezone.now()
    steps = {(row.connection_id, row.domain): remaining for row in slowed if (remaining := steps_left(row, now))}
    return Pace(frozenset(map(ascii_domain, paused)), steps)


def steps_left(row: SlowedDestination, now: datetime) -> int:
    """The steps that time has not taken back yet. A clock that was set back takes them back, too."""
    return max(0, row.steps - int(abs(now - row.changed_at) / RECOVERY))


def note(results: Iterable[tuple[Route, SendResult]]) -> bool:
    """Be slower where servers ask for it; answers whether anything changed."""
    asking = {servers_of(route): result for route, result in results if asks_for_slowness(result)}
    changes = [
        _slow_down(*servers, f"{result.code} {result.text}")
        for servers, result in asking.items()
        if servers is not None and servers[0] != SANDBOX
    ]
    return any(changes)


def asks_for_slowness(result: SendResult) -> bool:
    """421 (RFC 5321 3.8), or a policy that says "not now" (4.7.x, RFC 3463 3.8)."""
    return (
        result.outcome is Outcome.DEFERRED
        and result.code is not None
        and (result.code == 421 or result.enhanced.startswith("4.7."))
    )


@transaction.atomic
def _slow_down(way: int, domain: str, why: str) -> bool:
    now = timezone.now()
    fresh = {"steps": 0, "why": why, "changed_at": now - STEP}
    SlowedDestination.objects.get_or_create(connection_id=way, domain=domain, defaults=fresh)
    row = SlowedDestination.objects.select_for_update().get(connection_id=way, domain=domain)
    if abs(now - row.changed_at) < STEP:
        return False
    row.steps = min(MOST_STEPS, steps_left(row, now) + 1)
    row.why, row.changed_at = why, now
    row.save()
    return True


def take(servers: tuple[int, str], rate: int, wanted: int) -> int:
    """How many of `wanted` mails may go to `servers` in this second, of `rate` for all workers together."""
    second = int(time.time())
    redis = shared_redis()
    if redis is not None:
        try:
            return _counted(redis, servers, second, rate, wanted)
        except RedisError as trouble:
            # A broker that is away must not stop the mail.
            log.warning("Redis does not count, the database does meanwhile: %s", trouble)
    return _counted_in_database(servers, second, rate, wanted)


def _counted(redis: "Redis", servers: tuple[int, str], second: int, rate: int, wanted: int) -> int:
    way, name = servers
    key = f"{settings.EPM_BROKER_PREFIX}epm-pace:{way}:{name}:{second}"
    counting = redis.pipeline()
    counting.incrby(key, wanted)
    counting.expire(key, _KEPT_SECONDS)
    total = int(counting.execute()[0])
    return max(0, min(wanted, rate - (total - wanted)))


@transaction.atomic
def _counted_in_database(servers: tuple[int, str], second: int, rate: int, wanted: int) -> int:
    way, name = servers
    PaceWindow.objects.get_or_create(connection_id=way, domain=name, defaults={"second": second, "taken": 0})
    row = PaceWindow.objects.select_for_update().get(connection_id=way, domain=name)
    taken = row.taken if row.second == second else 0
    granted = max(0, min(wanted, rate - taken))
    if granted:
        row.second, row.taken = second, taken + granted
        row.save()
    return granted
