"""Notifications in the console: what is told to whom, every try, and telling it again."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from epm.console.filters import MadeBetweenFilter
from epm.console.groups import OPERATORS, SUPPORT
from epm.console.links import change_url, list_url
from epm.console.pages import RecordAdmin
from epm.console.registry import Box, Entry, console
from epm.console.shown import moment
from notifications.console import body_text, outcome_tone, state_label
from notifications.models import Notification
from notifications.replaying import replay

CHANGE = "notifications.change_notification"


@admin.register(Notification)
class NotificationAdmin(RecordAdmin):
    list_display = ("type", "state_shown", "application", "made", "attempts", "next_try")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("application", RelatedDropdownFilter),
        ("created_at", MadeBetweenFilter),
    )
    list_select_related = ("application__zone",)
    search_fields = ("id",)
    search_help_text = "Notification id, or id of the recipient it is about"
    ordering = ("-id",)
    sortable_by = ()
    page_template = "notifications/notification.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).defer("body")  # type: ignore[no-any-return]

    def lookup(self, queryset: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        try:
            id = UUID(term)
        except ValueError:
            return queryset.none()
        return queryset.filter(pk=id) | queryset.filter(subject=id)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Notification | None:
        try:
            id = UUID(object_id)
        except ValueError:
            return None
        return Notification.objects.select_related("application__zone").filter(pk=id).first()

    def get_urls(self) -> list[Any]:
        again = path(
            "<uuid:id>/again/", self.admin_site.admin_view(tell_again), name="notifications_notification_again"
        )
        return [again, *super().get_urls()]

    def page_context(self, request: HttpRequest, row: Notification) -> dict[str, Any]:
        tries = [(attempt, outcome_tone(attempt)) for attempt in row.tries.order_by("number")]
        return {
            "body": body_text(row),
            "tries": tries,
            "may_tell": request.user.has_perm(CHANGE),
            "state": state_label(row),
        }

    @admin.display(description="state")
    def state_shown(self, row: Notification) -> SafeString:
        return state_label(row)

    @admin.display(description="made")
    def made(self, row: Notification) -> Any:
        return moment(row.created_at)

    @admin.display(description="next try")
    def next_try(self, row: Notification) -> Any:
        return moment(row.due_at)


@require_POST
def tell_again(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put the notification at the head of its queue, whatever became of it before."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    row = get_object_or_404(Notification, pk=id)
    replay([id])
    messages.success(request, "It is told again now. Reload this page to see what the application answers.")
    return redirect(change_url(row))


def attention_box(request: HttpRequest) -> dict[str, Any]:
    """Notifications that wait, and those that were given up."""
    waiting = Notification.objects.filter(due_at__isnull=False)
    counted = waiting.aggregate(
        pending=Count("pk"), retried=Count("pk", filter=Q(attempts__gt=0)), oldest=Min("created_at")
    )
    return {
        **counted,
        "pending_url": list_url(Notification, "state__exact=pending"),
        "abandoned_url": list_url(Notification, "state__exact=abandoned"),
    }


console.boxes.append(Box("notifications/box.html", attention_box, "notifications.view_notification", order=50))
console.entries.append(
    Entry("Mail", "Notifications", "notifications", "notifications_notification_changelist",
          "notifications.view_notification", 50)
)  # fmt: skip
for _group in (OPERATORS, SUPPORT):
    console.grant(_group, "notifications", "view_notification", "view_notificationattempt", "change_notification")
