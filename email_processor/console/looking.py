"""Lists that look at so much and no more: what no index answers is asked of the newest rows of the days chosen.

Beside ten million rows a list filtered by what is rare would read them all (docs/decisions/0075-a-page-looks-at-so-much.md).
"""

from datetime import UTC, date, datetime, time
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.views import ChangeList

from email_processor.console.finding import as_uuid, day_in
from epm.console.filters import MadeBetweenFilter, earliest_id_after
from epm.console.pages import RecordAdmin
from lib.ids import earliest_id, made_at

LOOKED_THROUGH = 50_000

TOO_FAR = (
    "Looked through the newest {count:,} only, back to {earliest:%Y-%m-%d %H:%M} UTC. Choose days to look further back."
)


class OfApplicationFilter(RelatedDropdownFilter):  # type: ignore[misc]
    """Along the index by application, which `LookingList` orders by: a planner would go along all rows for a rare one."""

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        key = as_uuid(str(self.value() or ""))
        return queryset if key is None else queryset.filter(application__among=[key])


class LookingAdmin(RecordAdmin):
    """Pages of a table whose lists are `LookingList`s."""

    def is_indexed(self, filters: dict[str, str], term: str) -> bool:
        """Is there an index that leads from what is asked to its rows, newest first? `filters` are those in use, but days."""
        return False

    def on_search(self, request: HttpRequest, term: str, *, is_found: bool) -> None:
        """Say what else there is to know about `term`, and what it means that it finds nothing."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LookingList


class LookingList(ChangeList):  # type: ignore[misc]
    """One page of a list. Where it came to the end of what it looks at, it says so."""

    _earliest: UUID | None = None

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> "QuerySet[Any]":
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        filters = self._filters()
        if not (filters or self.query) or self._admin.is_indexed(filters, self.query):
            return rows
        self._earliest = self._where_it_ends()
        return rows.filter(pk__gte=self._earliest) if self._earliest else rows

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[str]:
        is_along = any(isinstance(spec, OfApplicationFilter) and spec.value() for spec in self.filter_specs)
        return ["-application_id", "-pk"] if is_along else ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        if self._earliest and len(self.result_list) < self.list_per_page:
            said = TOO_FAR.format(count=LOOKED_THROUGH, earliest=made_at(self._earliest))
            messages.info(request, said)
        if self.query:
            self._admin.on_search(request, self.query, is_found=bool(self.result_list))

    @property
    def _admin(self) -> LookingAdmin:
        return cast(LookingAdmin, self.model_admin)

    def _filters(self) -> dict[str, str]:
        days = {name for spec in self._days() for name in spec.expected_parameters()}
        return {name: values[-1] for name, values in self.get_filters_params().items() if name not in days}

    def _days(self) -> list[MadeBetweenFilter]:
        return [spec for spec in self.filter_specs if isinstance(spec, MadeBetweenFilter)]

    def _where_it_ends(self) -> UUID | None:
        """The first row that is looked at; None where that would be before the first of the days, or of all."""
        first, last = self._span()
        rows = self.model._default_manager.order_by("-pk")
        if last is not None:
            rows = rows.filter(pk__lt=earliest_id_after(last))
        end: UUID | None = next(iter(rows.values_list("pk", flat=True)[LOOKED_THROUGH - 1 : LOOKED_THROUGH]), None)
        return None if end is None or (first is not None and end <= earliest_id(first)) else end

    def _span(self) -> tuple[datetime | None, datetime | None]:
        typed: date | None = day_in(self.query)
        if typed is not None:
            midnight = datetime.combine(typed, time.min, UTC)
            return midnight, midnight
        return next(((spec.day("from"), spec.day("to")) for spec in self._days()), (None, None))
