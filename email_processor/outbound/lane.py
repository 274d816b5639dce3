"""A way out and its lanes: what waits for a server, what is on the wire to it, and how much may be.

A smarthost has one lane, a direct connection one for each destination.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.utils import timezone

from email_processor.models import ConnectionStanding
from email_processor.outbound.cargo import Cargo
from email_processor.outbound.pace import Allowance, Servers
from email_processor.outbound.queue import Claimed
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import SendResult

_TROUBLES, _DESTINATION_PAUSE = 3, timedelta(minutes=1)
"""After how many troubles in a row the mails for one destination rest, and how long."""
_WAITING_FOR_ONE, _WAITING_IN_ALL = 500, 5000
"""How many mails may wait in a worker for one destination of a direct connection, and for all of them."""
_FEW = 10
_DEPTH = 5
"""Mails handed to the wire for each connection: one in dialogue, the others ready, so that none waits for the database. Where
there are only a few connections one each: a server kept on a short rope shall not have more to lose."""


def ready_for(connections: int) -> int:
    """How many mails the wire is handed for so many connections."""
    return connections if connections < _FEW else connections * _DEPTH


@dataclass(eq=False)
class Way:
    """A connection as a worker uses it, or the sandbox. `limit` bounds what is on the wire through it; 0 is closed."""

    route: Route
    weight: int = 1
    preference: int = 0
    standing: ConnectionStanding | None = None
    most: int = 1
    """What its operator allows on the wire."""
    limit: int = 0
    is_probed: bool = False
    """Is it broken, and one mail on its way through it to see whether it still is?"""
    on_the_wire: int = 0
    waiting: int = 0
    allowance: Allowance = field(default_factory=Allowance)
    rate_per_destination: int | None = None
    """Mails a second to the servers of one destination; None for as many as there are."""

    @property
    def is_broken(self) -> bool:
        return self.standing is not None and self.standing.retry_at is not None

    @property
    def is_usable(self) -> bool:
        return self.limit > 0 and not self.is_probed

    @property
    def is_full(self) -> bool:
        """Does enough wait to fill the wire once more? Of a direct one: to have something for many destinations."""
        enough = _WAITING_IN_ALL if self.route.is_direct else self.limit
        return self.limit > 0 and self.waiting >= enough


@dataclass(eq=False)
class Lane:
    """What is claimed for one way out, or for one destination of a direct one, and what is on the wire there."""

    way: Way
    route: Route
    waiting: deque[Claimed] = field(default_factory=deque)
    on_the_wire: int = 0
    servers: Servers = field(default_factory=Servers)
    """What it shares with the lanes of other domains that the same servers take mail for (see `pace`)."""
    are_servers_known: bool = False
    troubles: int = 0
    rests_until: datetime | None = None

    @property
    def limit(self) -> int:
        if self.rests_until is not None or not self.way.limit:
            return 0
        if not self.are_servers_known:
            return 1
        if self.servers.steps:
            return max(1, min(self.way.limit, self.route.limit >> self.servers.steps))
        return min(self.way.limit, ready_for(self.route.limit))

    @property
    def is_full(self) -> bool:
        """Does enough wait for one destination? A smarthost has but one lane, which is not full before its way is."""
        return self.route.is_direct and len(self.waiting) >= _WAITING_FOR_ONE

    @property
    def is_in_use(self) -> bool:
        return bool(self.waiting or self.on_the_wire or self.rests_until)

    def note(self, result: SendResult) -> None:
        """Trouble with all servers of a destination says nothing about others: its lane alone is closed for a while."""
        self.troubles = self.troubles + 1 if result.is_trouble else 0
        if self.route.is_direct and self.troubles >= _TROUBLES and self.rests_until is None:
            self.rests_until = timezone.now() + _DESTINATION_PAUSE

    def wake(self) -> None:
        """Open it again, if it has rested long enough, or the clock was set back; then one more trouble closes it."""
        now = timezone.now()
        if self.rests_until is not None and not now < self.rests_until <= now + _DESTINATION_PAUSE:
            self.rests_until = None

    def queue(self, claimed: Claimed) -> None:
        self.waiting.append(claimed)
        self.way.waiting += 1

    def take_turns(self, cargo: Cargo) -> list[Claimed]:
        """The next ones, as many as may go on the wire now; they are aboard."""
        room = max(0, min(self.limit - self.servers.on_the_wire, self.way.limit - self.way.on_the_wire))
        fitting = cargo.fitting(one.mail for one in islice(self.waiting, room))
        granted = self.way.allowance.grant(self.servers.allowance.grant(fitting))
        turns = [self.waiting.popleft() for _ in range(granted)]
        cargo.board(one.mail for one in turns)
        self.way.waiting -= len(turns)
        self.leave(len(turns))
        return turns

    def leave(self, count: int) -> None:
        """`count` went on the wire."""
        self.on_the_wire += count
        self.servers.on_the_wire += count
        self.way.on_the_wire += count

    def land(self, count: int) -> None:
        """`count` are no longer on the wire."""
        self.leave(-count)

    def share(self, servers: Servers) -> None:
        """Its servers are known now."""
        self.servers, self.are_servers_known = servers, True
        servers.on_the_wire += self.on_the_wire

    def empty(self) -> list[Claimed]:
        """Take out what waits."""
        left = list(self.waiting)
        self.waiting.clear()
        self.way.waiting -= len(left)
        return left
