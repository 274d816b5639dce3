"""What applications were told, read again by cursor: the other half of pushing."""

from collections.abc import Collection
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from epm.models import Application
from notifications.models import Notification
from notifications.order import horizon


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the order of commits; read on behind it."""

    written_in: int
    id: UUID


START = Position(-1, UUID(int=0))


def told_after(
    applications: Collection[Application], after: Position, limit: int, type: str = ""
) -> list[Notification]:
    """Up to `limit` notifications of `applications` behind `after`, in the order of their commits; none is ever skipped."""
    end = horizon()
    streams = [_stream(application, after, end, limit, type) for application in applications]
    return list(islice(merge(*streams, key=position_of), limit))


def position_of(row: Notification) -> Position:
    return Position(row.written_in, row.pk)


def _stream(application: Application, after: Position, end: int, limit: int, type: str) -> "QuerySet[Notification]":
    rows = Notification.objects.filter(application=application, written_in__gte=after.written_in, written_in__lt=end)
    rows = rows.exclude(written_in=after.written_in, pk__lte=after.id)
    if type:
        rows = rows.filter(type=type)
    return rows.order_by("written_in", "pk")[:limit]
