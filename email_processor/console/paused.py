"""Pausing destinations: nothing goes to a recipients' domain until somebody takes it off the list."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from email_processor.models import PausedDestination
from email_processor.outbound.addresses import domain_of
from epm.console.pages import InZoneAdmin
from epm.console.shown import moment


class PausedDestinationAdmin(InZoneAdmin):
    list_display = ("domain", "zone", "why", "paused")
    list_filter = ("zone",)
    search_fields = ("domain", "why")
    fieldsets = (
        (
            None,
            {
                "fields": ("zone", "domain", "why"),
                "description": "Mails for this domain wait until you delete this entry, within a minute of which they go on. "
                "What expires while it waits ends as expired.",
            },
        ),
    )

    def save_model(self, request: Any, obj: PausedDestination, form: Any, change: bool) -> None:
        obj.domain = domain_of(obj.domain)
        super().save_model(request, obj, form, change)

    @admin.display(description="paused", ordering="created_at")
    def paused(self, row: PausedDestination) -> SafeString | str:
        return moment(row.created_at)
