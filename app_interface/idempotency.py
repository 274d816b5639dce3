"""Asked twice, done once (contract.md 5): a caller's key stands for one request, whichever door it comes through."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.models import IdempotencyKey
from app_interface.problems import Problem

KEPT = timedelta(hours=24)
LONGEST_CALL = timedelta(seconds=90)
"""No operation runs longer: a call that is open for longer has died with its process."""
_FORGOTTEN_AT_ONCE = 500

Answer = dict[str, Any]
Outcome = Answer | Problem
_Place = tuple[str, str]
_TABLE = IdempotencyKey._meta.db_table


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody asks for something, of which `digest` is the fingerprint. Without a key it is never a repeat."""

    caller: Caller
    key: str = ""
    digest: str = ""

    @property
    def place(self) -> _Place:
        """Where its answer is kept."""
        return self.caller.credential.pk, self.key


def call_of(caller: Caller, key: str, operation: str, asked: Any) -> Call:
    """`caller` asks `operation` for `asked`, under `key`."""
    return Call(caller, key, fingerprint(operation, asked) if key else "")


def fingerprint(operation: str, asked: Any) -> str:
    """A digest of what was asked: equal for equal requests, whichever door wrote them down in whichever syntax."""
    text = json.dumps([operation, asked], default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def answered(call: Call) -> Answer | None:
    """The answer that a finished call got, if this one repeats it; else None. Raises idempotency_conflict, in_progress."""
    if not call.key:
        return None
    row = _at([call.place]).exclude(_lapsed(timezone.now())).first()
    return _answer_of(row, call) if row else None


def once(call: Call, run: Callable[[], Answer]) -> Answer:
    """Run `run` and keep its answer in one commit; a repeat gets that answer. Without a key it simply runs.

    Concurrent repeats wait for the first: its row has the key. Raises idempotency_conflict, and what `run` raises, whereupon
    the key is free again.
    """
    [outcome] = once_each([call], lambda _: [run()])
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def once_each(calls: Sequence[Call], run: Callable[[Sequence[int]], Sequence[Outcome]]) -> list[Outcome]:
    """As `once` for several calls in one commit; answers each, in order.

    `run` is told the positions of those that are no repeats, and answers them. A Problem of one is not kept: its key is free
    again.
    """
    outcomes: dict[int, Outcome] = {}
    with transaction.atomic(savepoint=False):
        # Who repeats another of these very calls waits for the next round: the other may be refused, and free the key.
        while waiting := [position for position in range(len(calls)) if position not in outcomes]:
            outcomes |= _one_round(calls, _first_of_each_key(calls, waiting), run)
    return [outcomes[position] for position in range(len(calls))]


def once_outside(call: Call, run: Callable[[], Answer]) -> Answer:
    """As `once`, for a `run` that calls the network and must not be inside a transaction.

    The key is committed first, so that a repeat meanwhile is told in_progress instead of waiting.
    """
    if not call.key:
        return run()
    with transaction.atomic():
        entered, earlier = _enter([call])
    if earlier:
        return _answer_of(earlier[call.place], call)
    try:
        answer = run()
    except BaseException:
        _free(entered.values())
        raise
    _keep([(entered[call.place], answer)])
    return answer


def forget_lapsed() -> int:
    """Delete the keys that count no more, some at a time; says how many that were."""
    lapsed = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT)
    forgotten = 0
    while keys := list(lapsed.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE]):
        forgotten += IdempotencyKey.objects.filter(pk__in=keys).delete()[0]
    return forgotten


def _first_of_each_key(calls: Sequence[Call], positions: Iterable[int]) -> list[int]:
    """And all that have none."""
    seen: set[_Place] = set()
    first = []
    for position in positions:
        call = calls[position]
        if call.place not in seen:
            first.append(position)
        if call.key:
            seen.add(call.place)
    return first


def _one_round(
    calls: Sequence[Call], positions: Sequence[int], run: Callable[[Sequence[int]], Sequence[Outcome]]
) -> dict[int, Outcome]:
    entered, earlier = _enter([calls[position] for position in positions if calls[position].key])
    repeats = {position for position in positions if calls[position].place in earlier}
    ready = [position for position in positions if position not in repeats]
    done = dict(zip(ready, run(ready) if ready else [], strict=True))
    rows = {entered[calls[position].place]: done[position] for position in ready if calls[position].key}
    _keep([(row, outcome) for row, outcome in rows.items() if not isinstance(outcome, Problem)])
    _free([row for row, outcome in rows.items() if isinstance(outcome, Problem)])
    return done | {position: _told(earlier[calls[position].place], calls[position]) for position in repeats}


def _enter(calls: Sequence[Call]) -> tuple[Mapping[_Place, int], Mapping[_Place, IdempotencyKey]]:
    """Take the keys of `calls`, which differ: the row of each that was free, and those of calls that came earlier.

    A key that another transaction is just taking is waited for; all wait in one order, so never in a circle.
    """
    if not calls:
        return {}, {}
    now = timezone.now()
    asked = {call.place: call for call in sorted(calls, key=lambda call: call.place)}
    _at(asked).filter(_lapsed(now)).delete()
    at = connection.ops.adapt_datetimefield_value(now)
    values = [value for (credential, key), call in asked.items() for value in (credential, key, call.digest, at)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_TABLE} (credential_id, key, fingerprint, created_at)"  # noqa: S608 - our own table
            f" VALUES {', '.join(['(%s, %s, %s, %s)'] * len(asked))}"
            " ON CONFLICT (credential_id, key) DO NOTHING RETURNING credential_id, key, id",
            values,
        )
        entered = {(credential, key): id for credential, key, id in cursor.fetchall()}
    others = _at(asked.keys() - entered.keys()) if len(entered) < len(asked) else []
    return entered, {(row.credential_id, row.key): row for row in others}


def _keep(answers: Sequence[tuple[int, Answer]]) -> None:
    if answers:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {_TABLE} SET answer = %s WHERE id = %s",  # noqa: S608 - our own table
                [(json.dumps(answer, ensure_ascii=False), row) for row, answer in answers],
            )


def _free(rows: Collection[int]) -> None:
    if rows:
        IdempotencyKey.objects.filter(pk__in=rows).delete()


def _at(places: Collection[_Place]) -> "models.QuerySet[IdempotencyKey]":
    """The rows that stand at `places`."""
    keys: dict[str, list[str]] = {}
    for credential, key in places:
        keys.setdefault(credential, []).append(key)
    clauses = (models.Q(credential=credential, key__in=some) for credential, some in keys.items())
    return IdempotencyKey.objects.filter(models.Q(*clauses, _connector=models.Q.OR))


def _lapsed(now: datetime) -> models.Q:
    died = models.Q(answer__isnull=True, created_at__lt=now - LONGEST_CALL)
    return died | models.Q(created_at__lt=now - KEPT)


def _told(row: IdempotencyKey, call: Call) -> Outcome:
    try:
        return _answer_of(row, call)
    except Problem as problem:
        return problem


def _answer_of(row: IdempotencyKey, call: Call) -> Answer:
    if row.fingerprint != call.digest:
        raise Problem(
            "idempotency_conflict", "This idempotency key came before with another request.", field="idempotencyKey"
        )
    if row.answer is None:
        raise Problem("in_progress", "The first call with this idempotency key is still running.", retry_after=1)
    answer: Answer = row.answer
    return answer


def _plain(value: Any) -> Any:
    """What JSON cannot say by itself."""
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return str(value)
