"""The state machine of a recipient. This module alone writes `Recipient.state`.

`advance` takes a batch of moves and, in one transaction without any network call, locks the rows, refuses what the rules of
design.md 5 do not allow, compares and sets the states, appends the Events and publishes the news. A refused move is an
answer (`Moved.applied` is False and `why` says it in words), never an exception.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from email_processor import events, suppression
from email_processor.events import Happening, Standing
from email_processor.models import Event, EventType, Recall, Recipient, State
from epm.models import Application
from lib import bulk

MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.HELD, State.CANCELLED, State.EXPIRED}),
    # The last three by the worker that has it; what others want to hold or cancel they recall.
    State.SENDING: frozenset(
        {State.SENT, State.DEFERRED, State.FAILED, State.IN_DOUBT, State.HELD, State.CANCELLED, State.EXPIRED}
    ),
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

_RECALLED = "on the wire; it is taken back unless its content has begun to leave"
_WITHDRAWN = (State.HELD, State.CANCELLED)
_NOBODY: Mapping[UUID, str] = {}
_NOTHING: Mapping[str, str] = {}
_COUNTED = ("state", "attempts", "events_count", "told_count")
_EVENT = ("recipient_id", "sequence", "type", "state", "at", "data")


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
    is_recalled: bool = False
    """Is it on the wire, and its worker asked to take it back? What comes of that, an Event tells."""


def enter(recipients: Sequence[Recipient], suppressed: Mapping[UUID, str] = _NOBODY) -> None:
    """Begin the life of new recipients, each in the state acceptance gave it (queued, held or suppressed), with Event 1.

    `suppressed` says why, for each that is.
    """
    for recipient in recipients:
        recipient.events_count = 1
    bulk.insert_new(recipients)
    bulk.insert(Event, _EVENT, [_first_event(recipient, suppressed) for recipient in recipients])


def begin(claim: UUID, keys: Collection[UUID]) -> set[UUID]:
    """Write the intent to put claimed recipients on the wire (→ sending) and say which may go.

    What was cancelled, held or claimed by somebody else meanwhile is left out. The intent has no Event: the outcome's Event
    tells of the attempt, and a `sending` row whose lease runs out is what makes a crash visible (see `outbound.queue.sweep`).
    """
    with transaction.atomic():
        mine = Recipient.objects.select_for_update(of=("self",)).filter(
            pk__among=keys, claim=claim, state__in=[State.QUEUED, State.DEFERRED]
        )
        ready = set(mine.order_by("pk").values_list("pk", flat=True))
        Recipient.objects.filter(pk__among=ready).update(
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


def _locked(keys: Collection[UUID]) -> dict[UUID, Standing]:
    """The rows, locked in the order of their keys so that two batches never wait for each other in a circle."""
    locked = Recipient.objects.select_for_update(of=("self",)).filter(pk__among=keys).order_by("pk")
    found = list(locked.values_list("pk", "address", "message__sandbox", "application_id", *_COUNTED))
    applications = _applications({application for _, _, _, application, *_ in found} - {None})
    return {
        key: Standing(key, address, sandbox, applications[application] if application else None, *counted)
        for key, address, sandbox, application, *counted in found
    }


def _applications(keys: Collection[UUID | None]) -> dict[UUID, Application]:
    """Read once for the whole batch; deferred is what would be decrypted for nothing."""
    if not keys:
        return {}
    return Application.objects.select_related("zone").defer("signing_secret").in_bulk(keys)


def _apply(row: Standing, move: Move, changes: "_Changes") -> Moved:
    if _is_recall(row, move):
        changes.recall(move)
        return Moved(move, False, State.SENDING, _RECALLED, is_recalled=True)
    if _answers_recall(move) and move.attempt == row.attempts:
        changes.answer_recall(move)
    why = _refusal(row, move)
    if why and not _is_worth_an_event(row, move):
        return Moved(move, False, State(row.state), why)
    changes.remember(row)
    row.events_count += 1
    if move.to is not None and not why:
        row.state = move.to.value
        changes.set(row, state=row.state, state_at=changes.at, due_at=move.due_at, claim=None)
    changes.add(Happening(row, move.event, row.events_count, row.state, changes.at, _event_data(move, why)))
    return Moved(move, not why, State(row.state), why)


def _event_data(move: Move, why: str) -> Mapping[str, Any]:
    return {**move.data, "not_applied": why} if why else move.data


def _is_recall(row: Standing, move: Move) -> bool:
    """Does somebody want to hold or cancel what a worker has on the wire? Only that worker knows how far it came."""
    return row.state == State.SENDING and move.to in _WITHDRAWN and move.attempt is None


def _answers_recall(move: Move) -> bool:
    return move.to in _WITHDRAWN and move.attempt is not None


def _refusal(row: Standing, move: Move) -> str:
    """Why the move is not allowed, in words; empty where it is."""
    if move.attempt is not None and move.attempt != row.attempts:
        return f"attempt {move.attempt} was followed by attempt {row.attempts}"
    if move.to is State.EXPIRED and move.attempt is None and row.state == State.SENDING:
        return "its worker has it on the wire"
    by_evidence = move.by_receipt or move.attempt is not None
    if move.to is None or allowed(State(row.state), move.to, by_evidence=by_evidence):
        return ""
    now = State(row.state).label.lower()
    return f"already {now}" if move.to == row.state else f"{now} cannot become {move.to.label.lower()}"


def _is_worth_an_event(row: Standing, move: Move) -> bool:
    """A refused receipt is kept as its own record; a refused outcome of our own attempt, overtaken by a receipt, is told here."""
    is_outcome = not move.by_receipt and move.attempt == row.attempts and not _answers_recall(move)
    return is_outcome and row.state in OVERTAKEN


def _first_event(row: Recipient, suppressed: Mapping[UUID, str]) -> tuple[Any, ...]:
    type = EventType.SUPPRESSED if row.state == State.SUPPRESSED else EventType.ACCEPTED
    why = {"why": suppressed[row.id]} if suppressed and row.id in suppressed else _NOTHING
    return row.id, 1, type.value, row.state, row.state_at, why


class _Changes:
    """What a batch will write: rows grouped by what is set, so that a batch costs a handful of statements."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._before: dict[UUID, tuple[str, int]] = {}
        self._rows: dict[UUID, Standing] = {}
        self._set: dict[UUID, dict[str, Any]] = defaultdict(dict)
        self._happenings: list[Happening] = []
        self._recalls: dict[UUID, Recall] = {}
        self._answered: list[UUID] = []

    def remember(self, row: Standing) -> None:
        """Note what the row was before its first change in this batch."""
        self._before.setdefault(row.id, (row.state, row.events_count))
        self._rows[row.id] = row

    def set(self, row: Standing, **values: Any) -> None:
        self._set[row.id] |= values

    def add(self, happening: Happening) -> None:
        self._happenings.append(happening)

    def recall(self, move: Move) -> None:
        assert move.to is not None
        why = str(move.data.get("why", ""))
        self._recalls[move.recipient] = Recall(recipient_id=move.recipient, to=move.to.value, why=why)

    def answer_recall(self, move: Move) -> None:
        self._answered.append(move.recipient)

    def write(self) -> None:
        if self._recalls:
            Recall.objects.bulk_create(
                self._recalls.values(), update_conflicts=True, unique_fields=["recipient"], update_fields=["to", "why"]
            )
        if self._answered:
            Recall.objects.filter(pk__in=self._answered).delete()
        events.publish(self._happenings)
        suppression.learn(self._happenings)
        for (state, count, values), keys in self._groups().items():
            rows = Recipient.objects.filter(pk__among=keys, state=state, events_count=count)
            written = rows.update(**dict(values))
            assert written == len(keys), "a locked recipient changed under us"
        bulk.insert(
            Event, _EVENT, [(h.recipient.id, h.sequence, h.type.value, h.state, h.at, h.data) for h in self._happenings]
        )

    def _groups(self) -> dict[tuple[str, int, tuple[tuple[str, Any], ...]], list[UUID]]:
        groups: dict[tuple[str, int, tuple[tuple[str, Any], ...]], list[UUID]] = defaultdict(list)
        for key, row in self._rows.items():
            values = {**self._set[key], "events_count": row.events_count, "told_count": row.told_count}
            groups[(*self._before[key], tuple(values.items()))].append(key)
        return groups
