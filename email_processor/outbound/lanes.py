"""Lanes: one for every way out, so that a slow server fills its own lane and no other.

A direct connection has a lane for each destination. Which way a mail goes is decided here, for each attempt anew: through the
connection its caller named; else through one of its zone's, by preference, then by weight, and never through a broken one.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from email_processor.outbound import breaker, pace
from email_processor.outbound.lane import Lane, Way, ready_for
from email_processor.outbound.pace import Allowance, Pace, Servers
from email_processor.outbound.queue import Claimed
from email_processor.outbound.routing import SANDBOX, route_of
from epm.models import EmailConnection

_PAUSE = timedelta(minutes=1)
"""How long mails rest whose connection is disabled or whose destination is paused, before somebody looks again."""
_OVERFLOW_PAUSE = timedelta(seconds=2)
"""How long mails rest for whose destination enough waits already."""


class Lanes:
    """The ways out of a zone, keyed by a connection's key or SANDBOX, and their lanes."""

    def __init__(self) -> None:
        self._ways: dict[int, Way] = {}
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._servers: dict[tuple[int, str], Servers] = {}
        self._pace = Pace()
        self._first = 0

    def __iter__(self) -> Iterator[Lane]:
        """All lanes, each time beginning with another one: what some share is not taken by the same one every time."""
        lanes = list(self._lanes.values())
        for lane in lanes:
            self._look_for_servers(lane)
        self._first += 1
        at = self._first % len(lanes) if lanes else 0
        yield from lanes[at:] + lanes[:at]

    @property
    def standings(self) -> breaker.Standings:
        """What is known about the connections."""
        return {key: way.standing for key, way in self._ways.items() if way.standing is not None}

    def open(self, connections: Iterable[EmailConnection], standings: breaker.Standings, read: Pace) -> None:
        """Open a way for the sandbox and for each of the enabled `connections` that is not broken; close all others.

        What one worker may have on the wire is shared out evenly beforehand: a dead server holds its own share alone.
        """
        connections = list(connections)
        share = max(1, settings.EPM_SEND_CONCURRENCY // (len(connections) + 1))
        for way in self._ways.values():
            way.limit = 0
        sandbox = route_of(None)
        self._open(Way(sandbox, most=sandbox.limit), share)
        for row in connections:
            standing = standings.get(row.pk)
            way = Way(route_of(row), row.weight, row.preference, standing, row.max_connections)
            way.allowance = Allowance((row.pk, ""), row.max_per_second)
            way.rate_per_destination = row.max_per_second_per_destination if way.route.is_direct else None
            self._open(way, share)
        self._pace = read
        for key, servers in self._servers.items():
            servers.steps, servers.allowance.rate = read.steps.get(key, 0), self._ways[key[0]].rate_per_destination
        self._lanes = {key: lane for key, lane in self._lanes.items() if lane.is_in_use}
        in_use = {lane.servers for lane in self._lanes.values()}
        self._servers = {key: servers for key, servers in self._servers.items() if servers in in_use}

    def _open(self, fresh: Way, share: int) -> None:
        way = self._ways.setdefault(fresh.route.way, fresh)
        way.route, way.weight, way.preference, way.standing = (
            fresh.route,
            fresh.weight,
            fresh.preference,
            fresh.standing,
        )
        way.allowance.rate, way.rate_per_destination = fresh.allowance.rate, fresh.rate_per_destination
        way.is_probed = way.is_broken and way.is_probed and bool(way.waiting or way.on_the_wire)
        way.limit = int(way.is_probed) if way.is_broken else max(1, min(share, ready_for(fresh.most)))
        for lane in self._lanes.values():
            if lane.way is way:
                lane.route = way.route.to(lane.route.destination)

    def close(self) -> list[Claimed]:
        """Let no more onto the wire; answers what still waited."""
        for way in self._ways.values():
            way.limit = 0
        return self.abandoned()

    def abandoned(self) -> list[Claimed]:
        """What still waits in closed lanes; it is taken out of them."""
        return [one for lane in self._lanes.values() if not lane.limit for one in lane.empty()]

    def full(self) -> frozenset[int | None]:
        """The ways in which enough waits; None among them says that there is no room for mails that may take any."""
        full = {key for key, way in self._ways.items() if way.is_full}
        open = {key for key, way in self._ways.items() if way.is_usable and key != SANDBOX}
        return frozenset(full) | ({None} if open and open <= full else frozenset())

    def of(self, claimed: Claimed) -> Lane | None:
        """The lane of a claimed recipient; None where it has no way out just now, until `look_again(claimed)`."""
        way = self._way_of(claimed) if claimed.domain not in self._pace.paused else None
        if way is None:
            return None
        lane = self._lane(way, claimed.domain)
        lane.wake()
        if lane.rests_until is not None:
            return self.instead_of(frozenset({way.route.way}), claimed.domain) if claimed.way is None else None
        return None if lane.is_full else lane

    def instead_of(self, tried: frozenset[int], domain: str) -> Lane | None:
        """Another lane for a mail that may take any way and has met trouble on those it `tried`."""
        way = self._choose(way for key, way in self._ways.items() if key not in {SANDBOX, *tried} and way.is_usable)
        if way is None:
            return None
        lane = self._lane(way, domain)
        return lane if lane.limit else None

    def look_again(self, claimed: Claimed) -> datetime:
        """When to look again for a mail that has no way out just now."""
        now = timezone.now()
        if claimed.domain in self._pace.paused:
            return (now + _PAUSE).replace(microsecond=0)
        ways = [
            way for key, way in self._ways.items() if key == claimed.way or (claimed.way is None and key != SANDBOX)
        ]
        retry_at = breaker.next_look(way.standing for way in ways if way.standing is not None)
        lanes = [self._lanes[key] for way in ways if (key := (way.route.way, claimed.domain)) in self._lanes]
        if resting := [lane.rests_until for lane in lanes if lane.rests_until is not None]:
            planned = min(resting)
        elif any(way.limit for way in ways):
            planned = now + _OVERFLOW_PAUSE
        else:
            planned = max(now + timedelta(seconds=1), retry_at) if retry_at else now + _PAUSE
        # In whole seconds: rows that fall due together are written together.
        return planned.replace(microsecond=0)

    def _way_of(self, claimed: Claimed) -> Way | None:
        if claimed.way is None:
            return self._choose(way for key, way in self._ways.items() if key != SANDBOX)
        way = self._ways.get(claimed.way)
        return way if way is not None and (way.is_usable or self._probes(way)) else None

    def _choose(self, ways: Iterable[Way]) -> Way | None:
        """Of the most preferred ones that work, one with room, by weight. One that is due to be probed comes first."""
        groups: dict[int, list[Way]] = {}
        for way in ways:
            groups.setdefault(way.preference, []).append(way)
        for _, group in sorted(groups.items()):
            if probed := next((way for way in group if self._probes(way)), None):
                return probed
            usable = [way for way in group if way.is_usable]
            if usable:
                roomy = [way for way in usable if not way.is_full] or usable
                # Load is shared, nothing is hidden.
                return random.choices(roomy, [way.weight for way in roomy])[0]  # noqa: S311
        return None

    def _probes(self, way: Way) -> bool:
        """May one mail go through a broken way now?"""
        if way.limit or way.standing is None or not breaker.may_probe(way.standing):
            return False
        way.limit, way.is_probed = 1, True
        return True

    def _lane(self, way: Way, domain: str) -> Lane:
        route = way.route.to(domain)
        lane = self._lanes.setdefault((route.way, route.destination), Lane(way, route))
        self._look_for_servers(lane)
        return lane

    def _look_for_servers(self, lane: Lane) -> None:
        if lane.are_servers_known or (key := pace.servers_of(lane.route)) is None:
            return
        allowance = Allowance(key, lane.way.rate_per_destination)
        lane.share(self._servers.setdefault(key, Servers(0, self._pace.steps.get(key, 0), allowance)))
