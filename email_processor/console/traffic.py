"""The page that holds what was asked of other servers against what came."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from email_processor.traffic import STEPS, Destination, destinations
from epm.models import Application

PERMISSION = "email_processor.view_message"
DAYS = (1, 7, 30)
SHOWN = 100
WIDTH, HEIGHT = 600, 120


@dataclass(frozen=True, slots=True)
class Bar:
    """How many receipts came within a step of time, in units of the chart's view box."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    application: str
    row: Destination
    came: list[tuple[str, int]]
    percent: str


def page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    days = next((days for days in DAYS if request.GET.get("days") == str(days)), DAYS[1])
    now = timezone.now()
    found = destinations(now - timedelta(days=days), now)
    context = {
        **admin.site.each_context(request),
        "title": "Expected and received",
        "days": days,
        "choices": DAYS,
        "lines": _lines(found[:SHOWN]),
        "more": max(0, len(found) - SHOWN),
        "silent": sorted({one.domain for one in found if one.is_silent}),
        "bars": _bars(found),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return TemplateResponse(request, "email_processor/traffic.html", context)


def _lines(found: list[Destination]) -> list[Line]:
    names = {one.pk: str(one) for one in Application.objects.select_related("zone")}
    return [
        Line(
            names.get(one.application, "–") if one.application else "–",
            one,
            [(action, count) for action, count in one.came.items() if count],
            "–" if one.share is None else f"{one.share:.0%}",
        )
        for one in found
    ]


def _bars(found: list[Destination]) -> list[Bar]:
    names = [*(f"≤ {name}" for name, _ in STEPS), "later"]
    counts = [sum(one.steps[n] for one in found) for n in range(len(names))]
    most, step = max(counts) or 1, WIDTH / len(names)
    heights = [max(2.0, count / most * HEIGHT) if count else 0.0 for count in counts]
    return [
        Bar(name, count, n * step + 20, HEIGHT - height, step - 40, height)
        for n, (name, count, height) in enumerate(zip(names, counts, heights, strict=True))
    ]
