"""The queue is the table of recipients: claimed for sending here, and what dead workers left behind is settled here."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import Content, EventType, Recipient, State
from email_processor.models.recipient import way_of
from email_processor.outbound.addresses import domain_of
from email_processor.outbound.shares import WAITING, lines_due
from epm.choices import InDoubtPolicy
from epm.models import Zone
from lib import claims

_SHARES_AT_ONCE = 20
_SWEPT_AT_ONCE = 500
_USUAL_WAIT = timedelta(minutes=60)


class Claimed(NamedTuple):
    """A recipient in our hands, not yet on the wire: just what is needed to choose its way and its turn."""

    id: UUID
    token: UUID
    way: int | None
    """The key of the connection its caller named, or SANDBOX; None where any of its zone's will do."""
    expire_at: datetime
    domain: str


class Outgoing(NamedTuple):
    """A recipient and its mail, as sending needs them; `attempt` is the number of the attempt just begun."""

    id: UUID
    attempt: int
    address: str
    notify: str
    orcpt: str
    message_id: UUID
    return_path_domain: str
    ret: str
    envid: str
    size: int
    smtputf8: bool
    expire_at: datetime
    in_doubt_policy: str
    in_doubt_wait: int | None
    """Minutes; None without an application."""


def has_due(zone_name: str) -> bool:
    """Is anything due in the zone?"""
    return bool(lines_due(_zone(zone_name), timezone.now()))


def claim(zone_name: str, *, limit: int, without: Collection[int | None] = ()) -> list[Claimed]:
    """Take up to `limit` due recipients for EPM_LEASE, none of them for the ways out in `without`.

    Urgent ones go first; among equally urgent ones every share gets as much as the others, its longest due ones first. None
    among `without` stands for mails that may take any way.
    """
    zone, claimed = _zone(zone_name), list[Claimed]()
    lines = [line for line in lines_due(zone, timezone.now()) if way_of(line.share) not in without]
    for priority, group in groupby(lines, key=attrgetter("priority")):
        shares = _some([line.share for line in group])
        waiting = Recipient.objects.filter(zone=zone, priority=priority, state__in=WAITING).order_by("due_at")
        claimed += _claim_evenly([waiting.filter(share=share) for share in shares], limit - len(claimed))
        if len(claimed) >= limit:
            break
    return claimed


def _zone(name: str) -> int:
    return Zone.objects.values_list("pk", flat=True).get(name=name)


def _some(shares: list[str]) -> list[str]:
    """As many as one claim should ask, by chance: the next claim asks others."""
    return shares if len(shares) <= _SHARES_AT_ONCE else random.sample(shares, _SHARES_AT_ONCE)


def _claim_evenly(queues: "Sequence[QuerySet[Recipient]]", limit: int) -> list[Claimed]:
    held = claims.claim(*queues, lease=settings.EPM_LEASE, limit=limit, columns=("share", "expire_at", "address"))
    return [
        Claimed(key, held.token, way_of(share), expire_at, domain_of(address))
        for key, share, expire_at, address in held.rows
    ]


def load(keys: Sequence[UUID]) -> list[Outgoing]:
    """What sending needs to know of each recipient, in the order of `keys`: one query."""
    rows = Recipient.objects.filter(pk__among=keys).values_list(
        "pk",
        "attempts",
        "address",
        "notify",
        "orcpt",
        "message_id",
        "message__return_path_domain",
        "message__ret",
        "message__envid",
        "message__size",
        "message__smtputf8",
        "expire_at",
        "message__in_doubt_policy",
        "application__in_doubt_wait",
    )
    found = {row[0]: Outgoing(*row) for row in rows}
    return [found[key] for key in keys if key in found]


def load_contents(message_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """The MIME bytes of each Message: one query."""
    rows = Content.objects.filter(message__among=message_ids).values_list("message", "mime")
    return {message_id: bytes(mime) for message_id, mime in rows}


def renew(token: UUID, keys: Collection[UUID]) -> int:
    """Hold claimed recipients for another EPM_LEASE: the heartbeat of a worker that lives."""
    return claims.renew(Recipient, token, keys, lease=settings.EPM_LEASE)


def postpone(token: UUID, keys: Collection[UUID], until: datetime) -> int:
    """Give claimed recipients back, due at `until`, their state untouched."""
    return Recipient.objects.filter(pk__among=keys, claim=token).update(due_at=until, claim=None)


def expire(keys: Sequence[UUID]) -> None:
    """End unsent recipients whose time is over."""
    why = {"why": "It could not be sent before it expired."}
    lifecycle.advance([Move(key, EventType.EXPIRED, State.EXPIRED, why) for key in keys])


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
    _end_waiting_for_receipts()
    _expire_what_is_past()
    return [name for name in Zone.objects.order_by("name").values_list("name", flat=True) if has_due(name)]


def _doubt_what_was_stranded() -> None:
    """A lease that ran out in `sending`: the worker died, and nobody knows whether the mail left."""
    why = "The worker stopped while this mail was on the wire; nobody knows whether it left."
    for keys in _taken(Recipient.objects.filter(state=State.SENDING)):
        now = timezone.now()
        lifecycle.advance([move for mail in load(keys) for move in doubt(mail, why, resend_at=now)])


def _end_waiting_for_receipts() -> None:
    why = "No receipt came while it waited; it is sent again."
    for keys in _taken(Recipient.objects.filter(state=State.IN_DOUBT)):
        now = timezone.now()
        lifecycle.advance([_requeue(key, why, now) for key in keys])


def _expire_what_is_past() -> None:
    for keys in _taken(Recipient.objects.filter(state__in=WAITING, expire_at__lte=timezone.now())):
        expire(keys)


def _taken(queue: "QuerySet[Recipient]") -> Iterator[Sequence[UUID]]:
    """What is due in `queue`, claimed in batches until nothing is left."""
    while held := claims.claim(queue.order_by("due_at"), lease=settings.EPM_LEASE, limit=_SWEPT_AT_ONCE):
        yield held.keys


def _requeue(key: UUID, why: str, at: datetime) -> Move:
    return Move(key, EventType.REQUEUED, State.QUEUED, {"why": why}, due_at=at)


def _patience(mail: Outgoing) -> timedelta:
    return _USUAL_WAIT if mail.in_doubt_wait is None else timedelta(minutes=mail.in_doubt_wait)
