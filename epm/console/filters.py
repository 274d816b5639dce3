"""Filters for tables too long to be counted or sorted: a time is a range of ids, because ids are UUIDv7 (RFC 9562 5.7)."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from unfold.contrib.filters.admin import RangeDateFilter

from lib.ids import earliest_id

_DAY = 24 * 60 * 60 * 1000 << 80


def earliest_id_after(day: datetime) -> UUID:
    """The smallest UUIDv7 of the day after `day`, be it the last one there is."""
    return UUID(int=earliest_id(day).int + _DAY)


class MadeBetweenFilter(RangeDateFilter):  # type: ignore[misc]
    """From one day to another, both included, in UTC; by the primary key, where the table has its index."""

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        first, last = self.day("from"), self.day("to")
        if first is not None:
            queryset = queryset.filter(pk__gte=earliest_id(first))
        if last is not None:
            queryset = queryset.filter(pk__lt=earliest_id_after(last))
        return queryset

    def day(self, end: str) -> datetime | None:
        """The chosen day at the `end` "from" or "to", None where none is."""
        try:
            day = parse_date(str(self.used_parameters.get(f"{self.parameter_name}_{end}") or ""))
        except ValueError:
            return None
        return datetime.combine(day, time.min, UTC) if day else None
