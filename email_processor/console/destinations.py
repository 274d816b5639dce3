"""The page of the current pace: how fast mail goes to each destination, where servers slowed it, and what is paused."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from email_processor.models import EventType
from email_processor.outbound.current import Destination, current
from epm.console.links import change_url
from epm.models import Zone

PERMISSION = "email_processor.view_pauseddestination"
SHOWN, HOSTS_SHOWN = 100, 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. `change` is where it is paused, or goes on; empty for those who may not."""

    zone: str
    row: Destination
    a_minute: str
    hosts: str
    deferred: int
    failed: int
    change: str


def page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    now = current()
    zones = dict(Zone.objects.values_list("pk", "name"))
    lines = [
        Line(
            zones[one.zone],
            one,
            f"{now.a_minute(one):.0f}",
            ", ".join(sorted(one.hosts)[:HOSTS_SHOWN]),
            one.counts[EventType.DEFERRED],
            one.counts[EventType.FAILED],
            _change(request, one),
        )
        for one in now.destinations[:SHOWN]
    ]
    context = {
        **admin.site.each_context(request),
        "title": "Current pace",
        "lines": lines,
        "more": max(0, len(now.destinations) - SHOWN),
        "span": now.span,
    }
    return TemplateResponse(request, "email_processor/pace.html", context)


def _change(request: HttpRequest, one: Destination) -> str:
    if one.paused is not None:
        return change_url(one.paused)
    if not request.user.has_perm("email_processor.add_pauseddestination"):
        return ""
    place = urlencode({"zone": one.zone, "domain": one.domain})
    return f"{reverse('admin:email_processor_pauseddestination_add')}?{place}"
