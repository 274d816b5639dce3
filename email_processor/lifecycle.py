"""The state machine of a recipient. This module alone writes `Recipient.state`.

`advance` takes a batch of moves and, in one transaction without any network call, locks the rows, refuses what the rules of
design.md 5 do not allow, compares and sets the states, appends the Events and publishes the news. A refused move is an
answer (`Moved.applied` is False and `why` says it in words), never an exception.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from email_processor import events
from email_processor.models import Event, EventType, Recipient, State
from epm.models import Application

MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.HELD, State.CANCELLED, State.EXPIRED}),
    State.SENDING: frozenset({State.SENT, State.DEFERRED, State.FAILED, State.IN_DOUBT}),
    State.DEFERRED: frozenset({State.SENDING, State.EXPIRED, State.HELD, State.CANCELLED}),
    State.HELD: frozenset({State.QUEUED, State.CANCELLED, State.EXPIRED}),
    State.IN_DOUBT: frozenset({State.QUEUED, State.SENT, State.DELIVERED, State.BOUNCED, State.FAILED}),
    State.SENT: frozenset({State.RELAYED, State.DELIVERED, State.BOUNCED}),
    State.RELAYED: frozenset({State.DELIVERED, State.BOUNCED}),
    State.DELIVERED: frozenset({State.BOUNCED}),
}
"""From each state to where anyone may move it. A state that is missing is final."""

MOVES_BY_EVIDENCE: Mapping[State, frozenset[State]] = {
    State.SENDING: frozenset({State.RELAYED, State.DELIVERED, State.BOUNCED}),
    State.DEFERRED: frozenset({State.RELAYED, State.DELIVERED, State.BOUNCED}),
    State.IN_DOUBT: frozenset({State.RELAYED, State.DEFERRED}),
    # Queued again out of doubt, and only now the first attempt's fate is heard of: it need not be sent twice.
    State.QUEUED: frozenset({State.SENT, State.RELAYED, State.DELIVERED, State.BOUNCED}),
}
"""What evidence of an attempt may do besides: a receipt, or the outcome that a worker which overslept its lease brings."""

OVERTAKEN: frozenset[State] = frozenset({State.RELAYED, State.DELIVERED, State.BOUNCED})
"""States in which our own late outcome of an attempt is recorded as an Event and moves nothing."""


@dataclass(frozen=True, slots=True)
class Move:
    """What should happen to one recipient. `to` of None is an Event without a change of state."""

    recipient: UUID
    event: EventType
    to: State | None
    data: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    """When the queue looks at it again; None takes it out of the queue. Only read where the state changes."""
    by_receipt: bool = False
    attempt: int | None = None
    """Apply only while this is still the recipient's last attempt: an old worker's word counts for its own attempt only."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a Move. `state` is the recipient's state afterwards."""

    move: Move
    applied: bool
    state: State
    why: str = ""
    event: Event | None = None


def enter(recipients: Sequence[Recipient]) -> None:
    """Begin the life of new recipients, each in the state acceptance gave it (queued, held or suppressed), with Event 1."""
    for recipient in recipients:
        recipient.events_count = 1
    Recipient.objects.bulk_create(recipients, batch_size=500)
    Event.objects.bulk_create([_event(r, EventType.ACCEPTED, r.state_at, {}) for r in recipients], batch_size=500)


def begin(claim: UUID, keys: Collection[UUID]) -> set[UUID]:
    """Write the intent to put claimed recipients on the wire (→ sending) and say which may go.

    What was cancelled, held or claimed by somebody else meanwhile is left out. The intent has no Event: the outcome's Event
    tells of the attempt, and a `sending` row whose lease runs out is what makes a crash visible (see `find_in_doubt`).
    """
    with transaction.atomic():
        mine = Recipient.objects.select_for_update(of=("self",)).filter(
            pk__in=keys, claim=claim, state__in=[State.QUEUED, State.DEFERRED]
        )
        ready = set(mine.order_by("pk").values_list("pk", flat=True))
        Recipient.objects.filter(pk__in=ready).update(
            state=State.SENDING, state_at=timezone.now(), attempts=F("attempts") + 1
        )
    return ready


def advance(moves: Sequence[Move]) -> list[Moved]:
    """Apply `moves` in order, in one transaction; answers one Moved each, in the same order.

    Raises KeyError where a recipient does not exist.
    """
    with transaction.atomic():
        rows = _locked({move.recipient for move in moves})
        changes = _Changes(at=timezone.now())
        moved = [_apply(rows[move.recipient], move, changes) for move in moves]
        changes.write()
    return moved


def allowed(state: State, to: State, *, by_evidence: bool) -> bool:
    """May a recipient in `state` move `to`?"""
    return to in MOVES.get(state, frozenset()) or (by_evidence and to in MOVES_BY_EVIDENCE.get(state, frozenset()))


def _locked(keys: Collection[UUID]) -> dict[UUID, Recipient]:
    """The rows, locked in the order of their keys so that two batches never wait for each other in a circle."""
    locked = Recipient.objects.select_for_update(of=("self",)).select_related("message")
    rows = {row.pk: row for row in locked.filter(pk__in=keys).order_by("pk")}
    applications = _applications({row.application_id for row in rows.values()} - {None})
    for row in rows.values():
        row.application = applications[row.application_id] if row.application_id else None
    return rows


def _applications(keys: Collection[UUID | None]) -> dict[UUID, Application]:
    """Read once for the whole batch; deferred is what would be decrypted for nothing."""
    if not keys:
        return {}
    return Application.objects.select_related("zone").defer("signing_secret").in_bulk(keys)


def _apply(row: Recipient, move: Move, changes: "_Changes") -> Moved:
    why = _refusal(row, move)
    moves_state = move.to is not None and not why
    if why and not _is_worth_an_event(row, move):
        return Moved(move, False, State(row.state), why)
    changes.remember(row)
    row.events_count += 1
    if moves_state:
        row.state, row.state_at, row.due_at, row.claim = str(move.to), changes.at, move.due_at, None
    event = _event(row, move.event, changes.at, {**move.data, **({"not_applied": why} if why else {})})
    changes.add(row, event)
    return Moved(move, not why, State(row.state), why, event)


def _refusal(row: Recipient, move: Move) -> str:
    """Why the move is not allowed, in words; empty where it is."""
    if move.attempt is not None and move.attempt != row.attempts:
        return f"attempt {move.attempt} was followed by attempt {row.attempts}"
    by_evidence = move.by_receipt or move.attempt is not None
    if move.to is None or allowed(State(row.state), move.to, by_evidence=by_evidence):
        return ""
    if move.to == row.state:
        return f"already {row.get_state_display().lower()}"
    return f"{row.get_state_display().lower()} cannot become {move.to.label.lower()}"


def _is_worth_an_event(row: Recipient, move: Move) -> bool:
    """A refused receipt is kept as its own record; a refused outcome of our own attempt, overtaken by a receipt, is told here."""
    return not move.by_receipt and move.attempt == row.attempts and row.state in OVERTAKEN


def _event(row: Recipient, type: EventType, at: datetime, data: Mapping[str, Any]) -> Event:
    return Event(recipient=row, sequence=row.events_count, type=type, state=row.state, at=at, data=dict(data))


class _Changes:
    """What a batch will write: rows grouped by what is set, so that a batch costs a handful of statements."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._before: dict[UUID, tuple[str, int]] = {}
        self._rows: dict[UUID, Recipient] = {}
        self._happenings: list[events.Happening] = []

    def remember(self, row: Recipient) -> None:
        """Note what the row was before its first change in this batch."""
        self._before.setdefault(row.pk, (row.state, row.events_count))
        self._rows[row.pk] = row

    def add(self, row: Recipient, event: Event) -> None:
        self._happenings.append(events.Happening(row, event))

    def write(self) -> None:
        events.publish(self._happenings)
        for (state, count, values), keys in self._groups().items():
            rows = Recipient.objects.filter(pk__in=keys, state=state, events_count=count)
            written = rows.update(**dict(values))
            assert written == len(keys), "a locked recipient changed under us"
        Event.objects.bulk_create([happening.event for happening in self._happenings], batch_size=500)

    def _groups(self) -> dict[tuple[str, int, tuple[tuple[str, Any], ...]], list[UUID]]:
        groups: dict[tuple[str, int, tuple[tuple[str, Any], ...]], list[UUID]] = defaultdict(list)
        for key, row in self._rows.items():
            groups[(*self._before[key], _values(row))].append(key)
        return groups


def _values(row: Recipient) -> tuple[tuple[str, Any], ...]:
    names: Iterable[str] = ("state", "state_at", "due_at", "claim", "events_count", "told_count")
    return tuple((name, getattr(row, name)) for name in names)
