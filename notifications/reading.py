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


LOOKED_AT = 5_000
"""So many notifications one call looks at, in search of those of one type."""

START = Position(-1, UUID(int=0))


def told_after(
    applications: Collection[Application], after: Position, limit: int, type: str = ""
) -> tuple[list[Notification], Position]:
    """Up to `limit` notifications of `applications` behind `after`, in the order of their commits; none is ever skipped.

    And where to read on: of one `type` there may be none among those looked at, and more behind them.
    """
    end = horizon()
    if type:
        return _of_type(applications, after, end, limit, type)
    streams = [_stream(application, after, end)[:limit] for application in applications]
    rows = list(islice(merge(*streams, key=position_of), limit))
    return rows, position_of(rows[-1]) if rows else after


def _of_type(
    applications: Collection[Application], after: Position, end: int, limit: int, type: str
) -> tuple[list[Notification], Position]:
    """Looks at LOOKED_AT rows at most, and not behind where the first application's share of them ends."""
    most = max(1, LOOKED_AT // max(1, len(applications)))
    found, looked_to = list[Position](), after
    ends = []
    for application in applications:
        looked_at = list(_stream(application, after, end).values_list("written_in", "pk", "type")[:most])
        places = [(Position(written_in, key), one) for written_in, key, one in looked_at]
        found += [place for place, one in places if one == type]
        looked_to = max([looked_to, *(place for place, _ in places)])
        ends += [places[-1][0]] if len(places) == most else []
    looked_to = min([looked_to, *ends])
    places_of_type = sorted(place for place in found if place <= looked_to)
    shown = places_of_type[:limit]
    rows = Notification.objects.in_bulk([place.id for place in shown])
    return [rows[place.id] for place in shown], shown[-1] if len(places_of_type) > limit else looked_to


def position_of(row: Notification) -> Position:
    return Position(row.written_in, row.pk)


def _stream(application: Application, after: Position, end: int) -> "QuerySet[Notification]":
    """Along the index of commits: `__among` one is not known to be one, so no other index has this order."""
    rows = Notification.objects.filter(
        application__among=[application.pk], written_in__gte=after.written_in, written_in__lt=end
    )
    rows = rows.exclude(written_in=after.written_in, pk__lte=after.id)
    return rows.order_by("application_id", "written_in", "pk")
