"""The queue is the table of recipients: claimed for sending here, and what dead workers left behind is settled here."""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import Content, EventType, Message, Recall, Recipient, State
from email_processor.models.recipient import EXPIRES, way_of
from email_processor.outbound.addresses import domain_of
from email_processor.outbound.shares import WAITING, Line, lines_due
from epm.choices import InDoubtPolicy
from epm.models import Zone
from lib import claims
from lib.claims import Claim

_SHARES_AT_ONCE = 20
_SWEPT_AT_ONCE = 500
_USUAL_WAIT = timedelta(minutes=60)


class Outgoing(NamedTuple):
    """A recipient and its mail, as sending needs them; `attempt` is the number of the attempt it is about."""

    id: UUID
    attempt: int
    address: str
    notify: str
    orcpt: str
    expire_at: datetime
    message_id: UUID
    return_path_domain: str
    ret: str
    envid: str
    size: int
    smtputf8: bool
    in_doubt_policy: str
    in_doubt_wait: int | None
    """Minutes; None without an application."""


_OF_RECIPIENT = ("attempts", "address", "notify", "orcpt", "expire_at", "message_id")
_OF_MESSAGE = (
    "return_path_domain",
    "ret",
    "envid",
    "size",
    "smtputf8",
    "in_doubt_policy",
    "application__in_doubt_wait",
)


class Claimed(NamedTuple):
    """A mail in our hands, not yet on the wire. The attempt it is about is the next one."""

    token: UUID
    way: int | None
    """The key of the connection its caller named, or SANDBOX; None where any of its zone's will do."""
    domain: str
    mail: Outgoing

    @property
    def id(self) -> UUID:
        return self.mail.id


class Batch(NamedTuple):
    """What one claim took. `is_all`: surely nothing else was due that might have been taken."""

    claimed: list[Claimed]
    is_all: bool


def has_due(zone_name: str) -> bool:
    """Is anything due in the zone?"""
    return bool(lines_due(zone_name))


def claim(zone_name: str, *, limit: int, without: Collection[int | None] = ()) -> Batch:
    """Take up to `limit` due recipients for EPM_LEASE, none of them for the ways out in `without`.

    Urgent ones go first; among equally urgent ones every share gets as much as the others, its longest due ones first. None
    among `without` stands for mails that may take any way.
    """
    lines = [line for line in lines_due(zone_name) if way_of(line.share) not in without]
    claimed, is_all = list[Claimed](), True
    for _, equals in groupby(lines, key=attrgetter("priority")):
        some, are_all = _some(list(equals))
        held = _claim_evenly(some, limit - len(claimed))
        claimed += _in_our_hands(held) if held else ()
        is_all = is_all and are_all and held.is_all
        if len(claimed) >= limit:
            return Batch(claimed, is_all=False)
    return Batch(claimed, is_all)


def _some(lines: list[Line]) -> tuple[list[Line], bool]:
    """As many as one claim should ask, by chance (the next claim asks others), and whether these are all."""
    if len(lines) <= _SHARES_AT_ONCE:
        return lines, True
    return random.sample(lines, _SHARES_AT_ONCE), False


def _claim_evenly(lines: Iterable[Line], limit: int) -> "Claim[Recipient]":
    waiting = Recipient.objects.filter(state__in=WAITING).order_by("due_at")
    queues = [waiting.filter(zone=line.zone, priority=line.priority, share=line.share) for line in lines]
    # Columns of the table itself: where others are joined, a planner may prefer to sort all that waits (decision 13).
    return claims.claim(*queues, lease=settings.EPM_LEASE, limit=limit, columns=("share", *_OF_RECIPIENT))


def _in_our_hands(held: "Claim[Recipient]") -> Iterator[Claimed]:
    """With what sending needs of their messages: one query."""
    rows = Message.objects.order_by().filter(pk__among={message_id for *_, message_id in held.rows})
    messages = {key: columns for key, *columns in rows.values_list("pk", *_OF_MESSAGE)}
    for key, share, attempts, address, *others, message_id in held.rows:
        columns = (key, attempts + 1, address, *others, message_id, *messages[message_id])
        yield Claimed(held.token, way_of(share), domain_of(address), Outgoing(*columns))


def load(keys: Sequence[UUID]) -> list[Outgoing]:
    """What is known of each recipient and its last attempt, in the order of `keys`: one query."""
    columns = ("pk", *_OF_RECIPIENT, *(f"message__{column}" for column in _OF_MESSAGE))
    rows = Recipient.objects.filter(pk__among=keys).values_list(*columns)
    found = {row[0]: Outgoing(*row) for row in rows}
    return [found[key] for key in keys if key in found]


def load_contents(message_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """The MIME bytes of each Message: one query."""
    rows = Content.objects.filter(message__among=message_ids).values_list("message", "mime")
    return {message_id: bytes(mime) for message_id, mime in rows}


def renew(token: UUID, keys: Collection[UUID]) -> int:
    """Hold claimed recipients for another EPM_LEASE: the heartbeat of a worker that lives."""
    return claims.renew(Recipient, token, keys, lease=settings.EPM_LEASE)


def give_back(token: UUID, keys: Collection[UUID]) -> int:
    """Give claimed recipients back, due at once, their state untouched."""
    return claims.release(Recipient, token, keys)


def postpone(token: UUID, keys: Collection[UUID], until: datetime) -> int:
    """Give claimed recipients back, due at `until`, their state untouched."""
    return Recipient.objects.filter(pk__among=keys, claim=token).update(due_at=until, claim=None)


def expire(keys: Sequence[UUID]) -> None:
    """End unsent recipients whose time is over."""
    lifecycle.advance([expiry(key) for key in keys])


def expiry(key: UUID, attempt: int | None = None) -> Move:
    """The end of a mail that was not sent in time; of a worker's that waited on the wire, for that `attempt`."""
    why = {"why": "It could not be sent before it expired."}
    return Move(key, EventType.EXPIRED, State.EXPIRED, why, attempt=attempt)


def doubt(mail: Outgoing, why: str, *, resend_at: datetime, smtp: Mapping[str, Any] | None = None) -> list[Move]:
    """The moves for a mail that may or may not have left (RFC 1047): into doubt, and on as its application's policy says.

    `resend_at` is when the policy `resend` sends again. What would expire before it could be sent again stays in doubt:
    it may well have arrived.
    """
    policy = InDoubtPolicy(mail.in_doubt_policy)
    again_at = {
        InDoubtPolicy.RESEND: resend_at,
        InDoubtPolicy.WAIT: timezone.now() + _patience(mail),
        InDoubtPolicy.HOLD: None,
    }[policy]
    if again_at is not None and again_at >= mail.expire_at:
        why, again_at = f"{why} It expires before it could be sent again.", None
    data = {"why": why, **({"smtp": smtp} if smtp else {})}
    waits_until = again_at if policy is InDoubtPolicy.WAIT else None
    in_doubt = Move(mail.id, EventType.IN_DOUBT, State.IN_DOUBT, data, waits_until, attempt=mail.attempt)
    if policy is not InDoubtPolicy.RESEND or again_at is None:
        return [in_doubt]
    return [in_doubt, _requeue(mail.id, "Its application's policy is to send again.", again_at)]


def sweep() -> list[str]:
    """Settle what needs no wire: strands of dead workers, doubts that waited long enough, mails past their time.

    Answers the names of the zones in which something is due to be sent.
    """
    _doubt_what_was_stranded()
    _answer_late_recalls()
    _end_waiting_for_receipts()
    _expire_what_is_past()
    return [name for name in Zone.objects.order_by("name").values_list("name", flat=True) if has_due(name)]


def _doubt_what_was_stranded() -> None:
    """A lease that ran out in `sending`: the worker died, and nobody knows whether the mail left."""
    why = "The worker stopped while this mail was on the wire; nobody knows whether it left."
    _shorten_leases_from_before_the_clock_was_set_back()
    for keys in _taken(Recipient.objects.filter(state=State.SENDING)):
        now = timezone.now()
        lifecycle.advance([move for mail in load(keys) for move in doubt(mail, why, resend_at=now)])


def _shorten_leases_from_before_the_clock_was_set_back() -> None:
    """None lasts longer than EPM_LEASE. Whoever holds it and lives renews it anyway."""
    ends = claims.now(Recipient) + settings.EPM_LEASE
    Recipient.objects.filter(state=State.SENDING, due_at__gt=ends + settings.EPM_LEASE).update(due_at=ends)


def withdrawal(recall: Recall, attempt: int | None = None) -> Move:
    """What a Recall asks for; of a worker, for the `attempt` it had on the wire."""
    return Move(recall.pk, EventType(recall.to), State(recall.to), {"why": recall.why}, attempt=attempt)


def _answer_late_recalls() -> None:
    """Hold or cancel what was put off just before its worker looked; what cannot be any more stays as it is."""
    with transaction.atomic():
        waiting = Recall.objects.exclude(recipient__state=State.SENDING).order_by("pk")[:_SWEPT_AT_ONCE]
        moved = lifecycle.advance([withdrawal(recall) for recall in waiting])
        Recall.objects.filter(pk__in=[one.move.recipient for one in moved if not one.is_recalled]).delete()


def _end_waiting_for_receipts() -> None:
    why = "No receipt came while it waited; it is sent again."
    for keys in _taken(Recipient.objects.filter(state=State.IN_DOUBT)):
        now = timezone.now()
        lifecycle.advance([_requeue(key, why, now) for key in keys])


def _expire_what_is_past() -> None:
    for keys in _taken(Recipient.objects.filter(EXPIRES, state__in=WAITING, expire_at__lte=timezone.now())):
        expire(keys)
    # Out of the queue: there is nothing to claim. Should two sweeps meet here, the second one's move is refused.
    held = Recipient.objects.filter(state=State.HELD, expire_at__lte=timezone.now()).order_by("expire_at")
    while keys := list(held.values_list("pk", flat=True)[:_SWEPT_AT_ONCE]):
        expire(keys)


def _taken(queue: "QuerySet[Recipient]") -> Iterator[Sequence[UUID]]:
    """What is due in `queue`, claimed in batches until nothing is left."""
    while held := claims.claim(queue.order_by("due_at"), lease=settings.EPM_LEASE, limit=_SWEPT_AT_ONCE):
        yield held.keys


def _requeue(key: UUID, why: str, at: datetime) -> Move:
    return Move(key, EventType.REQUEUED, State.QUEUED, {"why": why}, due_at=at)


def _patience(mail: Outgoing) -> timedelta:
    return _USUAL_WAIT if mail.in_doubt_wait is None else timedelta(minutes=mail.in_doubt_wait)
