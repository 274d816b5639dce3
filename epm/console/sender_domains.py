"""Sender domains in the console: their signing keys, rotated step by step, and their health in the DNS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import action

from epm import dkim_keys
from epm.choices import KeyState, SigningAlgorithm
from epm.console import secret_pages
from epm.console.links import change_url
from epm.console.pages import InZoneAdmin
from epm.console.registry import Panel
from epm.console.shown import BAD, GOOD, QUIET, UNDER_WAY, WAITING, label
from epm.dkim_keys import STEPS, Step
from epm.health import Verdict, health
from epm.models import DkimKey, SenderDomain
from lib import dns

STATES: Mapping[KeyState, tuple[str, str]] = {
    KeyState.NEW: (WAITING, "Made, and not yet seen in the DNS."),
    KeyState.PUBLISHED: (UNDER_WAY, "Seen in the DNS; mail is not signed with it yet."),
    KeyState.ACTIVE: (GOOD, "Mail is signed with it."),
    KeyState.RETIRED: (QUIET, "Signs no more. Leave its record in the DNS for a week."),
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.GOOD: GOOD,
    Verdict.DOUBTFUL: WAITING,
    Verdict.BAD: BAD,
    Verdict.UNKNOWN: QUIET,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A button beside a key. `done` is said when it was pressed, with the selector."""

    name: str
    text: str
    consequence: str
    done: str


_CHOICES: Mapping[Step, Choice] = {
    step: Choice(step.value, *words)
    for step, words in {
        Step.CHECK: ("Look in the DNS", "Asks whether the record is there.", "The record of {} is in the DNS."),
        Step.SWITCH: (
            "Switch to it",
            "Signs with it from now on; the one before retires.",
            "Mail is signed with the key {} from now on.",
        ),
        Step.FORCE: (
            "Switch without looking",
            "Nobody can verify the mail until the record is published.",
            "Mail is signed with the key {} from now on.",
        ),
        Step.RETIRE: ("Retire it", "Signs with it no more.", "The key {} signs no more."),
        Step.DELETE: (
            "Delete it",
            "Mail that is still on its way cannot be verified any more.",
            "Deleted the key {}.",
        ),
    }.items()
}


class SenderDomainAdmin(InZoneAdmin):
    list_display = ("domain", "zone", "signed_by")
    list_filter = ("zone",)
    search_fields = ("domain",)
    fields = ("zone", "domain")
    actions_detail = ("health",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[SenderDomain]":
        return super().get_queryset(request).prefetch_related("keys")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keys and their records belong to the name: another domain is another row."""
        return [*super().get_readonly_fields(request, obj), *(["domain"] if obj else [])]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self._decide))
        return [path("<path:object_id>/keys/", view, name="epm_senderdomain_keys"), *super().get_urls()]

    @admin.display(description="signs with")
    def signed_by(self, row: SenderDomain) -> SafeString:
        active = [key for key in row.keys.all() if key.state == KeyState.ACTIVE]
        if not active:
            return label("nothing", BAD, "Mail from this domain is not signed.")
        return format_html_join(" ", "{}", ((label(key.get_algorithm_display(), GOOD, str(key)),) for key in active))

    @action(description="Look at the DNS", permissions=["view"], icon="health_and_safety")  # type: ignore[untyped-decorator]
    def health(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the DNS says about the domain, and what to publish."""
        row = secret_pages.row_or_404(self, request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": f"Health of {row}",
            "findings": [(finding, VERDICTS[finding.verdict]) for finding in health(row)],
            "back": change_url(row),
        }
        return TemplateResponse(request, "console/health.html", context)

    def _decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a key, or do with one what was chosen."""
        row = get_object_or_404(SenderDomain.objects.select_related("zone"), pk=object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        asked = request.POST.get("do", "")
        if asked == "make" and request.POST.get("algorithm") in SigningAlgorithm.values:
            key = dkim_keys.make(row, SigningAlgorithm(request.POST["algorithm"]))
            self._tell(request, row, f"Made the key {key.selector}. Publish its record now.")
            return redirect(f"{change_url(row)}#panel-1")
        key = get_object_or_404(row.keys, pk=request.POST.get("key"))
        if asked not in STEPS[key.state]:
            messages.error(request, f"Too late: the key {key.selector} is {key.get_state_display().lower()} now.")
        elif _is_taken(request, key, Step(asked)):
            self._tell(request, row, _CHOICES[Step(asked)].done.format(key.selector))
        return redirect(f"{change_url(row)}#panel-1")

    def _tell(self, request: HttpRequest, row: SenderDomain, sentence: str) -> None:
        self.log_change(request, row, sentence)
        messages.success(request, sentence)


def _is_taken(request: HttpRequest, key: DkimKey, step: Step) -> bool:
    try:
        taken = dkim_keys.take(key, step)
    except dns.NoAnswer as error:
        messages.error(request, f"{error}.")
        return False
    if not taken:
        messages.error(request, f"{key} is not in the DNS as shown here. Changes may take as long as its old TTL.")
    return taken


def keys_panel(request: HttpRequest, row: SenderDomain) -> dict[str, Any]:
    """The keys of a domain with their records, and what may be done with each."""
    may = request.user.has_perm("epm.change_senderdomain")
    return {
        "keys": [
            (key, *STATES[KeyState(key.state)], dkim_keys.record(key), _choices(key) if may else ())
            for key in row.keys.select_related("sender_domain").order_by("-created_at")
        ],
        "algorithms": SigningAlgorithm.choices if may else (),
        "url": reverse("admin:epm_senderdomain_keys", args=[row.pk]),
    }


def _choices(key: DkimKey) -> list[Choice]:
    return [_CHOICES[step] for step in STEPS[key.state]]


PANEL = Panel("console/sender_keys.html", keys_panel, title="Signing keys", icon="key")
