"""One way to take work from a table: a row is due, a worker claims it for a while, and settles it or lets it fall due again.

`due_at` is the whole queue: None is out of the queue, a time in the future is "not yet", a time in the past is "anyone's".
Claiming pushes `due_at` to the end of the lease and writes a fresh `claim` token; a worker that dies simply lets the row
fall due again. Whoever settles the row compares the token, so that a worker which overslept its lease changes nothing.

Leases go by one clock (see `now`): those of two hosts may differ by more than a lease.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from lib import among  # noqa: F401 - where there are queues, there are batches of keys
from lib.ids import new_id


class Claimable(models.Model):
    """A row that waits in its own table to be worked on."""

    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    claim = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


M = TypeVar("M", bound=Claimable)


@dataclass(frozen=True, slots=True)
class Claim(Generic[M]):
    """What one worker holds: the token it settles with, and a row for each, in the queue's order.

    A row is the primary key and the columns that were asked for.
    """

    token: UUID
    rows: tuple[tuple[Any, ...], ...]
    is_all: bool
    """Was it all that was due, but for what another worker is just taking?"""

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def keys(self) -> tuple[Any, ...]:
        return tuple(row[0] for row in self.rows)


def now(model: type[models.Model]) -> Any:
    """The time for all hosts that share the table, for a query: its database's, where that has a clock of its own; else ours."""
    return Now() if connections[router.db_for_write(model)].vendor == "postgresql" else timezone.now()


def now_in_sql(database: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    """The same for a query of one's own: an expression and its parameters."""
    if database.vendor == "postgresql":
        return "statement_timestamp()", []
    return "%s", [database.ops.adapt_datetimefield_value(timezone.now())]


def claim(*queues: "QuerySet[M]", lease: timedelta, limit: int, columns: Sequence[str] = ()) -> Claim[M]:
    """Take up to `limit` due rows for `lease`, from each queue (an ordered queryset; due_at is compared here) as many.

    One transaction. On PostgreSQL rows another worker is just taking are skipped, elsewhere the database's write lock decides.
    """
    model, token = queues[0].model, new_id()
    at = now(model)
    database = connections[router.db_for_write(model)]
    most = -(-limit // len(queues))
    rows, is_all = list[tuple[Any, ...]](), True
    with transaction.atomic(using=database.alias):
        for queue in queues:
            room = min(most, limit - len(rows))
            found = _due(queue, at, database).values_list("pk", *columns)[:room]
            rows += found
            is_all = is_all and len(found) < room
        if rows:
            held = model._default_manager.using(database.alias).filter(pk__among=[row[0] for row in rows])
            held.update(due_at=at + lease, claim=token)
    return Claim(token, tuple(rows), is_all)


def _due(queue: "QuerySet[M]", at: Any, database: BaseDatabaseWrapper) -> "QuerySet[M]":
    due = queue.filter(due_at__lte=at)
    if database.features.has_select_for_update_skip_locked:
        return due.select_for_update(skip_locked=True, of=("self",))
    return due


def renew(model: type[M], held: UUID, keys: Collection[Any], *, lease: timedelta) -> int:
    """Keep what is still held under `held` for another `lease`; says how many rows that were."""
    rows = model._default_manager.filter(pk__among=keys, claim=held, due_at__isnull=False)
    return rows.update(due_at=now(model) + lease)


def release(model: type[M], held: UUID, keys: Collection[Any]) -> int:
    """Give claimed rows back to the queue at once, untouched; says how many rows that were."""
    return model._default_manager.filter(pk__among=keys, claim=held).update(due_at=now(model), claim=None)
