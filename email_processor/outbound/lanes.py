"""Lanes: one for every way out, so that a slow server fills its own lane and no other."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings

from email_processor.outbound.queue import Claimed
from email_processor.outbound.routing import Route, route_of
from epm.models import EmailConnection


@dataclass(eq=False)
class Lane:
    """What is claimed for one way out and what is on the wire there. `limit` bounds the latter."""

    route: Route
    limit: int
    waiting: deque[Claimed] = field(default_factory=deque)
    on_the_wire: int = 0

    @property
    def is_full(self) -> bool:
        """Does enough wait to fill the wire once more?"""
        return 0 < self.limit <= len(self.waiting)

    def take_turns(self) -> list[Claimed]:
        """The next ones, as many as may go on the wire now."""
        turns = [self.waiting.popleft() for _ in range(min(self.limit - self.on_the_wire, len(self.waiting)))]
        self.on_the_wire += len(turns)
        return turns


class Lanes:
    """The lanes of a zone, keyed by way out: a connection's key, or SANDBOX."""

    def __init__(self) -> None:
        self._lanes: dict[int, Lane] = {}

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    def open(self, connections: Iterable[EmailConnection]) -> None:
        """Have a lane for each of the enabled `connections` and for the sandbox; close all others.

        What one worker may have on the wire is shared out evenly beforehand: a dead server holds its own share alone.
        """
        routes = [route_of(None), *map(route_of, connections)]
        share = max(1, settings.EPM_SEND_CONCURRENCY // len(routes))
        for lane in self:
            lane.limit = 0
        for route in routes:
            lane = self._lanes.setdefault(route.way, Lane(route, 0))
            lane.route, lane.limit = route, min(share, route.limit)

    def close(self) -> list[Claimed]:
        """Let no more onto the wire; answers what still waited."""
        for lane in self:
            lane.limit = 0
        return self.abandoned()

    def abandoned(self) -> list[Claimed]:
        """What still waits in closed lanes; it is taken out of them."""
        left = [one for lane in self if not lane.limit for one in lane.waiting]
        for lane in self:
            if not lane.limit:
                lane.waiting.clear()
        return left

    def of(self, claimed: Claimed) -> Lane | None:
        """The lane of a claimed recipient; None where its connection is disabled."""
        lane = self._lanes.get(claimed.way) if claimed.way is not None else None
        return lane if lane is not None and lane.limit else None
