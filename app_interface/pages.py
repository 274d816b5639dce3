"""Pages of lists by cursor, newest first: none costs more the farther one reads, or the rarer it is what one looks for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Model, Q, QuerySet, Value, When

from app_interface.authentication import Caller
from app_interface.queries import page_of
from epm.models import Application
from lib.ids import earliest_id

LOOKED_AT = 5_000
"""So many rows a page looks at, in search of those that are wanted. Then it ends, and the next one goes on from there."""

_NOWHERE = UUID(int=0)
_MILLISECOND = 1 << 80
_Query = tuple[str, Sequence[Any]]

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Stream(Generic[M]):
    """A part of a list, read along an index: its columns `along`, then the key. `wanted` is asked of each row.

    `rows` have conditions on columns of that index only; the first is `__among` a list of one. That is not known to be one value,
    so only this index has the order that is asked for, and no planner goes along the primary key, hoping to meet such rows soon.
    """

    rows: "QuerySet[M]"
    along: tuple[str, ...]
    wanted: Q = field(default_factory=Q)
    owners: Sequence[UUID] = ()
    """Applications, of which `rows` are the first one's: so many parts it is. Only their keys are different in the statements."""


def applications_of(caller: Caller, values: Mapping[str, Any]) -> list[Application]:
    """The one asked for, or all that the caller may see. Raises unknown_application."""
    name = values.get("application", "")
    application = caller.application(name) if name else None
    return [application] if application else list(caller.applications())


def of_each(rows: "QuerySet[M]", applications: Sequence[Application], wanted: Q) -> Iterator[Stream[M]]:
    """What of `rows` is the applications', along the index by application."""
    owners = [application.pk for application in applications]
    if owners:
        yield Stream(rows.filter(application__among=owners[:1]), ("application_id",), wanted, owners)


def newest(shown: "QuerySet[M]", streams: Iterable[Stream[M]], values: Mapping[str, Any]) -> tuple[list[M], str | None]:
    """The page asked for by `cursor`, `since` and `limit`, of all `streams` together, and the cursor of the next.

    The rows are those of `shown`. A page may have fewer than its limit, even none, and a next one all the same. Three queries.
    """
    page, parts = page_of(values), [_from_cursor(stream, values) for stream in streams]
    most = max(page.limit + 1, LOOKED_AT // max(1, sum(len(part.owners) or 1 for part in parts)))
    end = _end(parts, most, page.before)
    keys = [key for key in _wanted_keys(parts, most, page.limit + 1) if key >= end]
    rows = shown.in_bulk(keys[: page.limit])
    cursor = keys[page.limit - 1] if len(keys) > page.limit else end
    return [rows[key] for key in keys[: page.limit] if key in rows], None if cursor == _NOWHERE else str(cursor)


def _from_cursor(stream: Stream[M], values: Mapping[str, Any]) -> Stream[M]:
    rows = stream.rows.order_by(*(f"-{field}" for field in stream.along), "-pk")
    if "cursor" in values:
        rows = rows.filter(pk__lt=values["cursor"])
    # Ids are made of the time: this walks the index that the page walks anyway.
    return replace(stream, rows=rows.filter(pk__gte=earliest_id(values["since"])) if "since" in values else rows)


def _wanted_keys(parts: Sequence[Stream[M]], most: int, limit: int) -> list[UUID]:
    """The newest `limit` keys of the rows that are wanted among the first `most` of each part."""
    return sorted(_union((part, _wanted(part, most, limit)) for part in parts), reverse=True)[:limit]


def _wanted(part: Stream[M], most: int, limit: int) -> _Query:
    if not part.wanted:
        return _query(part.rows.values_list("pk")[:limit])
    is_wanted = Case(When(part.wanted, then=Value(True)), default=Value(False))
    looked_at, parameters = _query(
        part.rows.annotate(is_wanted=is_wanted).values_list(*part.along, "pk", "is_wanted")[:most]
    )
    if not looked_at:
        return "", ()
    order = ", ".join(f"{column} DESC" for column in (*part.along, "pk"))
    found = f"SELECT pk FROM ({looked_at}) AS looked_at"  # noqa: S608 - a queryset's own statement
    return f"{found} WHERE is_wanted ORDER BY {order} LIMIT {limit}", parameters


def _end(parts: Sequence[Stream[M]], most: int, before: UUID | None) -> UUID:
    """Where the first part that is longer than `most` stops being looked at; rows below that are the next page's.

    The first id of the millisecond after: whose row it is that was looked at last is nobody's business.
    """
    last = max(
        _union((part, _query(part.rows.values_list("pk")[most - 1 : most])) for part in parts if part.wanted),
        default=None,
    )
    if last is None:
        return _NOWHERE
    after = UUID(int=(last.int // _MILLISECOND + 1) * _MILLISECOND)
    return after if before is None or after < before else last


def _query(rows: "QuerySet[Any, Any]") -> _Query:
    """Its statement, with its columns' names; one that can find nothing has none."""
    try:
        statement, parameters = rows.query.get_compiler(rows.db).as_sql(with_col_aliases=True)
    except EmptyResultSet:
        return "", ()
    return statement, parameters


def _union(queries: Iterable[tuple[Stream[M], _Query]]) -> list[UUID]:
    """The keys that `queries` find, from one statement: what a look at an index costs is mostly the asking."""
    some = [query for part, first in queries if first[0] for query in _of_owners(part, first)]
    if not some:
        return []
    union = " UNION ALL ".join(f"SELECT * FROM ({statement}) AS part" for statement, _ in some)  # noqa: S608 - querysets'
    with connection.cursor() as cursor:
        cursor.execute(union, [parameter for _, parameters in some for parameter in parameters])
        return [UUID(str(key)) for (key,) in cursor.fetchall()]


def _of_owners(part: Stream[M], query: _Query) -> list[_Query]:
    """The query of the first owner for each of them: Django would write the same statement anew, in a millisecond."""
    statement, parameters = query
    if not part.owners:
        return [query]
    return [(statement, [_instead(value, part.owners[0], owner) for value in parameters]) for owner in part.owners]


def _instead(value: Any, first: UUID, owner: UUID) -> Any:
    """A parameter of the first owner's statement in another's. Databases have keys as text, with hyphens or without."""
    return value.replace(str(first), str(owner)).replace(first.hex, owner.hex) if isinstance(value, str) else value
