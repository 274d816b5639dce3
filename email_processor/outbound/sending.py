"""The second station: take what is due in a zone, put it on the wire, write down what came of it, until nothing is due.

A recipient is `sending` only from just before the wire until its outcome is written. So what a crash leaves in `sending` was
on the wire and is in doubt; what was merely claimed falls due again, and nobody need know.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from email_processor import lifecycle
from email_processor.outbound import breaker, outcomes, pace, queue, return_path, tls_reporting
from email_processor.outbound.cargo import Cargo
from email_processor.outbound.envelope import Envelope
from email_processor.outbound.features import remember_features
from email_processor.outbound.lane import Lane
from email_processor.outbound.lanes import Lanes
from email_processor.outbound.queue import Claimed, Outgoing
from email_processor.outbound.recalling import Recalls
from email_processor.outbound.routing import Route
from email_processor.outbound.seeing_through import AWAY, see_through
from email_processor.outbound.send_result import SendResult
from email_processor.outbound.wire import Posting, Wire
from email_processor.outbound.withdrawing import withdraw
from epm.models import EmailConnection
from lib import stopping

log = logging.getLogger(__name__)

_AT_ONCE = 500
"""How many recipients one claim takes at most."""
_LOOK_AGAIN = 0.2
"""Seconds between two looks for new work while old work is still on the wire."""


class Flight(NamedTuple):
    """One mail on the wire, the lane it left by, and the ways it took in vain before in this attempt."""

    lane: Lane
    mail: Outgoing
    tried: frozenset[int] = frozenset()


Landed = tuple[Flight, SendResult | None]


def drain(zone_name: str) -> int:
    """Send what is due in a zone until nothing is due any more; says how many attempts were settled."""
    with Wire[Flight]() as wire:
        settled = _Drain(zone_name, wire).run()
    tls_reporting.write()
    return settled


class _Drain:
    def __init__(self, zone_name: str, wire: Wire[Flight]) -> None:
        self._zone_name = zone_name
        self._wire = wire
        self._lanes = Lanes()
        self._held: dict[UUID, Claimed] = {}
        self._cargo = Cargo()
        self._look_at = 0.0
        self._renew_at = time.monotonic() + _heartbeat()
        self._left_nothing_without: frozenset[int | None] | None = None
        self._starting: Sequence[Claimed] = ()
        """Their intent is being written; they are not yet on the wire."""
        self._recalls = Recalls()
        self._landed: Sequence[Landed] = ()
        """What came back and is not yet written."""
        self._settled = 0

    def run(self) -> int:
        try:
            return self._go_round()
        except AWAY:
            log.warning("the database is away; what is on the wire is seen through")
            self._see_through()
            raise

    def _go_round(self) -> int:
        """The steps, over and over. New mails go out before the last results are written: the wire is never idle for that."""
        while True:
            self._make_room(self._landed)
            if stopping.is_asked():
                self._give_back()
            else:
                self._claim()
            self._put_on_the_wire()
            self._settle()
            self._keep_leases()
            self._take_back()
            if self._is_done():
                return self._settled
            self._landed = self._wire.collect(timeout=_LOOK_AGAIN if self._held else 0)
            self._landed = self._fail_over(self._landed)

    def _make_room(self, landed: Iterable[Landed]) -> None:
        for flight, _ in landed:
            self._land(flight.lane, flight.mail)

    def _land(self, lane: Lane, mail: Outgoing) -> None:
        lane.land(1)
        self._cargo.land(mail)

    def _give_back(self) -> None:
        """What only waits is due again at once; what is on the wire is seen through."""
        waiting = self._lanes.close()
        for token, keys in _by_token(waiting):
            queue.give_back(token, keys)
        self._let_go(one.mail for one in waiting)

    def _claim(self) -> None:
        """Claim more, for all lanes but those in which enough waits."""
        full = self._lanes.full()
        if self._is_pointless(full):
            return
        batch = queue.claim(self._zone_name, limit=_AT_ONCE, without=full)
        self._left_nothing_without = full if batch.is_all else None
        self._look_at = time.monotonic() + _LOOK_AGAIN
        if batch.claimed:
            self._open_lanes()
            self._line_up([*self._lanes.abandoned(), *batch.claimed])

    def _open_lanes(self) -> None:
        ways = EmailConnection.objects.filter(zone__name=self._zone_name, enabled=True)
        connections = list(ways.select_related("standing"))
        self._lanes.open(connections, breaker.standings(connections), pace.read(self._zone_name))

    def _is_pointless(self, full: frozenset[int | None]) -> bool:
        """Did we just now take all that we would look for?"""
        barren = self._left_nothing_without
        return bool(self._held) and barren is not None and barren <= full and time.monotonic() < self._look_at

    def _line_up(self, claimed: Sequence[Claimed]) -> None:
        """Each into its lane. What has no way out just now goes back for a while, or expires."""
        now, past = timezone.now(), list[Claimed]()
        stuck: defaultdict[datetime, list[Claimed]] = defaultdict(list)
        for one in claimed:
            lane = self._lanes.of(one)
            if lane is None and one.mail.expire_at <= now:
                past.append(one)
            elif lane is None:
                stuck[min(self._lanes.look_again(one), one.mail.expire_at)].append(one)
            else:
                lane.queue(one)
                self._held[one.id] = one
        for until, group in stuck.items():
            for token, keys in _by_token(group):
                queue.postpone(token, keys, until)
        if past:
            queue.expire([one.id for one in past])
        self._let_go(one.mail for group in (*stuck.values(), past) for one in group)

    def _put_on_the_wire(self) -> None:
        """Write the intent for all whose turn it is, load what is needed, hand over. What may not go any more stays behind."""
        turns = [(lane, one) for lane in self._lanes for one in lane.take_turns(self._cargo)]
        if not turns:
            return
        self._starting = [one for _, one in turns if self._is_held(one)]
        ready = self._begin(self._starting)
        going = [(lane, one) for lane, one in turns if one.id in ready and self._is_held(one)]
        if len(going) < len(turns):
            self._leave_behind([(lane, one) for lane, one in turns if one.id not in ready or not self._is_held(one)])
        self._cargo.load()
        self._wire.post(self._posting(Flight(lane, one.mail)) for lane, one in going)
        self._starting = ()

    def _is_held(self, one: Claimed) -> bool:
        """Is this our last claim? Who sleeps past its leases claims its own mails anew, and then they stand in line twice."""
        return self._held.get(one.id) is one

    def _leave_behind(self, turns: Iterable[tuple[Lane, Claimed]]) -> None:
        for lane, one in turns:
            self._land(lane, one.mail)
            self._let_go([one.mail])

    def _posting(self, flight: Flight) -> Posting[Flight]:
        return Posting(flight, flight.lane.route, partial(_envelope, flight.mail, self._cargo.content_of(flight.mail)))

    def _begin(self, turns: Sequence[Claimed]) -> set[UUID]:
        """The ones that may go on the wire, now `sending`. Others have expired, or were cancelled, held or taken meanwhile."""
        now = timezone.now()
        if past := [one.id for one in turns if one.mail.expire_at <= now]:
            queue.expire(past)
        withdrawn = withdraw(self._zone_name, [one.id for one in turns if one.mail.expire_at > now])
        ready: set[UUID] = set()
        for token, keys in _by_token(one for one in turns if one.mail.expire_at > now and one.id not in withdrawn):
            ready |= lifecycle.begin(token, keys)
        return ready

    def _let_go(self, mails: Iterable[Outgoing]) -> None:
        """They are no longer ours. An earlier attempt's mail does not let go of a later one's."""
        for mail in mails:
            if (held := self._held.get(mail.id)) is not None and held.mail is mail:
                del self._held[mail.id]

    def _fail_over(self, landed: Sequence[Landed]) -> Sequence[Landed]:
        """Where the trouble came before the mail was even mentioned: on at once through another connection, if there is one.

        It is the same attempt still. Answers what is left to be settled.
        """
        told = [
            (flight.lane.route.way, result) for flight, result in landed if result and not flight.lane.route.is_direct
        ]
        for flight, result in landed:
            if result is not None:
                flight.lane.note(result)
        slower = pace.note((flight.lane.route, result) for flight, result in landed if result)
        if breaker.note(told, self._lanes.standings) or slower:
            self._open_lanes()
        self._line_up(self._lanes.abandoned())
        diverted = {flight: lane for flight, result in landed if (lane := self._lane_instead(flight, result))}
        if not diverted:
            return landed
        for flight, lane in diverted.items():
            flight.lane.land(1)
            lane.leave(1)
            self._wire.post([self._posting(Flight(lane, flight.mail, flight.tried | {flight.lane.route.way}))])
        return [(flight, result) for flight, result in landed if flight not in diverted]

    def _lane_instead(self, flight: Flight, result: SendResult | None) -> Lane | None:
        claimed = self._held.get(flight.mail.id)
        if result is None or not result.never_began or claimed is None or claimed.way is not None:
            return None
        return self._lanes.instead_of(flight.tried | {flight.lane.route.way}, claimed.domain)

    def _settle(self) -> None:
        """Write what came back."""
        if not self._landed:
            return
        outcomes.write([self._recalls.moves_for(flight.mail, result) for flight, result in self._landed])
        landed, self._landed = self._landed, ()
        self._let_go(flight.mail for flight, _ in landed)
        self._settled += len(landed)
        self._remember_features({flight.lane.route for flight, _ in landed})

    def _see_through(self) -> None:
        self._renew_at = 0.0
        see_through(
            list(self._landed),
            collect=self._wire.collect,
            is_busy=lambda: self._wire.in_flight > 0,
            write=self._write_late,
        )
        self._give_back()

    def _write_late(self, landed: Sequence[Landed]) -> None:
        """The database is back, perhaps. What never got to the wire is told from what did."""
        self._keep_leases()
        moves = [outcomes.stayed(one.mail) for one in self._starting]
        moves += [self._recalls.moves_for(flight.mail, result) for flight, result in landed]
        if moves:
            outcomes.write(moves)
        self._starting = ()
        self._let_go(flight.mail for flight, _ in landed)
        self._settled += len(landed)

    def _remember_features(self, routes: Iterable[Route]) -> None:
        """Once for every fresh connection."""
        for route in routes:
            if (offered := self._wire.greeting(route)) is not None:
                remember_features(route, offered)

    def _keep_leases(self) -> None:
        """The heartbeat; and a look at what operators and other workers changed."""
        if time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + _heartbeat()
        for token, keys in _by_token(self._held.values()):
            queue.renew(token, keys)
        tls_reporting.write()
        if self._held:
            self._open_lanes()

    def _take_back(self) -> None:
        """Off the wire, what somebody wants to hold or cancel; it lands without a result, unless it has begun to leave."""
        if wanted := self._recalls.look(self._held):
            self._wire.recall(lambda flight: flight.mail.id in wanted)

    def _is_done(self) -> bool:
        return not self._held and (stopping.is_asked() or self._left_nothing_without == frozenset())


def _heartbeat() -> float:
    """Seconds between two renewals: three in a lease."""
    return float(settings.EPM_LEASE.total_seconds()) / 3


def _by_token(claimed: Iterable[Claimed]) -> Iterable[tuple[UUID, list[UUID]]]:
    groups: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for one in claimed:
        groups[one.token].append(one.id)
    return groups.items()


def _envelope(mail: Outgoing, content: bytes | None) -> Envelope:
    assert content is not None, f"the content of message {mail.message_id} is gone"
    return Envelope(
        mail_from=return_path.sign(mail.id, mail.return_path_domain),
        rcpt_to=mail.address,
        content=content,
        size=mail.size,
        smtputf8=mail.smtputf8,
        ret=mail.ret,
        envid=mail.envid,
        notify=mail.notify,
        orcpt=mail.orcpt,
    )
