"""Credentials in the console: what they may do and how much, and their secrets, shown once and renewed."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action

from epm import advice
from epm.choices import Channel
from epm.console import secret_pages
from epm.console.forms import CredentialForm, RenewalForm
from epm.console.links import change_url
from epm.console.pages import InZoneAdmin
from epm.console.shown import BAD, QUIET, enabled_label, exact_time, label, moment, shown_if
from epm.models import Credential


class CredentialAdmin(InZoneAdmin):
    form = CredentialForm
    list_display = ("name", "id", "zone", enabled_label, "channel_label", "may", "last_used", "expires")
    list_filter = ("zone", "channel", "enabled")
    search_fields = ("name", "id")
    readonly_fields = ("id", "last_used", "old_secret")
    autocomplete_fields = ("applications",)
    actions_detail = ("renew_secret", "end_old_secret")
    conditional_fields = {"applications": shown_if("all_applications", "== false")}
    fieldsets = (
        (None, {"fields": ("zone", "name", "id", "enabled", "last_used", "old_secret")}),
        ("What it may do", {"fields": ("channel", "scopes", "all_applications", "applications", "manages_zones")}),
        ("From where and until when", {"fields": ("allowed_networks", "expires_at")}),
        (
            "How much",
            {
                "fields": ("requests_per_minute", "recipients_per_minute"),
                "description": "A minute's worth may come at once. What is asked beyond that is refused with rate_limited, "
                "and told when to come again. All web processes count together.",
            },
        ),
        ("How it proves its secret", {"fields": ("takes_digest",)}),
    )
    add_fieldsets = ((None, {"fields": ("zone", "name", "enabled")}), *fieldsets[1:])

    def response_add(self, request: HttpRequest, obj: Credential, post_url_continue: str | None = None) -> HttpResponse:
        """The one time the secret is seen: it goes into this answer and nowhere else."""
        return self._show_fresh_secret(request, obj)

    def _show_fresh_secret(
        self, request: HttpRequest, row: Credential, old_until: datetime | None = None
    ) -> HttpResponse:
        secret = row.renew_secret(old_until)
        row.save()
        return secret_pages.show_once(self, request, row, secret)

    def advice_about(self, row: Credential) -> list[str]:
        return advice.about_credential(row)

    @action(description="Renew secret", permissions=["change"], icon="key")  # type: ignore[untyped-decorator]
    def renew_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = secret_pages.row_or_404(self, request, object_id)
        form = RenewalForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return secret_pages.confirm(
                self, request, row, "Renew the secret",
                "The new secret works at once. Choose how long the old one works besides, so that whoever calls with it has "
                "time to change over.",
                form,
            )  # fmt: skip
        self.log_change(request, row, "Renewed the secret.")
        return self._show_fresh_secret(request, row, form.old_until())

    @action(description="End the old secret", permissions=["change"], icon="key_off")  # type: ignore[untyped-decorator]
    def end_old_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = secret_pages.row_or_404(self, request, object_id)
        if not row.has_old_secret:
            messages.info(request, "Only the newest secret works; there is no old one to end.")
            return redirect(change_url(row))
        if request.method != "POST":
            return secret_pages.confirm(
                self, request, row, "End the old secret",
                "Whoever still calls with the secret before the last one is refused from now on.",
            )  # fmt: skip
        row.end_old_secret()
        row.save()
        self.log_change(request, row, "Ended the old secret.")
        messages.success(request, "Only the newest secret works now.")
        return redirect(change_url(row))

    @admin.display(description="channel", ordering="channel")
    def channel_label(self, row: Credential) -> SafeString:
        return label(Channel(row.channel).label, QUIET)

    @admin.display(description="may")
    def may(self, row: Credential) -> str:
        return ", ".join(row.scopes)

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, row: Credential) -> Any:
        return moment(row.last_used_at) if row.last_used_at else "never"

    @admin.display(description="old secret")
    def old_secret(self, row: Credential) -> str:
        return f"works until {exact_time(row.old_secret_until)}" if row.has_old_secret else "–"  # type: ignore[arg-type]

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, row: Credential) -> Any:
        if row.expires_at is not None and row.expires_at <= timezone.now():
            return label("expired", BAD, exact_time(row.expires_at))
        return moment(row.expires_at) if row.expires_at else "never"
