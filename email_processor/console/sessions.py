"""Runs of applications by the Email Browser."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from email_processor.console import story, words
from email_processor.console.finding import ids_in
from email_processor.models import Session
from epm.console.filters import MadeBetweenFilter
from epm.console.pages import RecordAdmin
from epm.console.shown import moment


class SessionAdmin(RecordAdmin):
    list_display = ("id", "state_shown", "type", "application", "turns_count", "started", "ended")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("type", ChoicesDropdownFilter),
        ("application", RelatedDropdownFilter),
        ("started_at", MadeBetweenFilter),
    )
    list_select_related = ("application__zone",)
    search_fields = ("id",)
    search_help_text = "Session id"
    sortable_by = ()
    page_template = "email_processor/session.html"

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return queryset.filter(pk__in=ids_in(term))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Session | None:
        return Session.objects.select_related("application__zone").filter(pk__in=ids_in(object_id)).first()

    def page_context(self, request: HttpRequest, row: Session) -> dict[str, Any]:
        turns = row.turns.select_related("session").order_by("number")
        return {"entries": [story.turn(turn) for turn in turns], "sent": row.messages.order_by("pk")[:50]}

    @admin.display(description="state")
    def state_shown(self, row: Session) -> SafeString:
        return words.session_label(row)

    @admin.display(description="started")
    def started(self, row: Session) -> Any:
        return moment(row.started_at)

    @admin.display(description="ended")
    def ended(self, row: Session) -> Any:
        return moment(row.ended_at)
