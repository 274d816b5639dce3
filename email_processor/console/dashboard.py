"""The boxes that mail contributes to the dashboard."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Min, Q, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from email_processor.console.finding import WAYS
from email_processor.console.words import STATES
from email_processor.models import DeliveryReceipt, Message, Recipient, State
from email_processor.models.recipient import ASKING
from epm.console.links import list_url
from epm.console.shown import BAD, GOOD, QUIET, UNDER_WAY, WAITING
from epm.models import Application, Credential
from lib.ids import earliest_id

HOURS = 24
TONES = (GOOD, UNDER_WAY, QUIET, WAITING, BAD)
"""From the foot of a bar to its top."""

TONE_NAMES = {
    GOOD: "delivered",
    UNDER_WAY: "on its way",
    QUIET: "cancelled or suppressed",
    WAITING: "waiting",
    BAD: "failed",
}
WIDTH, HEIGHT = 960, 150


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar, in units of the chart's view box."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Hour:
    """One bar, with what is said of it on hover and below it."""

    pieces: list[Piece]
    title: str
    x: float
    middle: float
    name: str


def find_box(request: HttpRequest) -> dict[str, Any]:
    return {"ways": WAYS, "url": reverse("admin:find")}


def day_box(request: HttpRequest) -> dict[str, Any] | None:
    """Recipients of mail accepted in the last 24 hours, by the state they are in now: one query along the primary key."""
    now = timezone.now()
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hours = [first + timedelta(hours=n) for n in range(HOURS)]
    # An id begins with its time: to look for that in the message costs as much as all the rest.
    hour = Case(*(When(pk__lt=earliest_id(hours[n + 1]), then=n) for n in range(HOURS - 1)), default=HOURS - 1)
    found = Recipient.objects.filter(pk__gte=earliest_id(first)).order_by().values_list(hour, "state")
    rows = [(hours[n], state, count) for n, state, count in found.annotate(Count("pk"))]
    if not rows and not Recipient.objects.exists():
        return None
    return {"figures": _figures(rows), "total": sum(row[2] for row in rows), **_chart(first, rows)}


def attention_box(request: HttpRequest) -> dict[str, Any]:
    """What waits, and what waits for a person. Each figure comes from a partial index."""
    now = timezone.now()
    queue = Recipient.objects.filter(due_at__isnull=False).aggregate(
        # Of a column that the index of the queue has: the table is not read.
        due=Count("due_at", filter=Q(due_at__lte=now)),
        later=Count("due_at", filter=Q(due_at__gt=now)),
        oldest=Min("due_at"),
    )
    asking = dict(
        Recipient.objects.filter(state__in=ASKING).order_by().values_list("state").annotate(count=Count("pk"))
    )
    late = now - queue["oldest"] if queue["oldest"] and queue["oldest"] < now else None
    return {
        **queue,
        "late": late,
        "is_late": late is not None and late > 4 * timedelta(seconds=settings.EPM_SWEEP_SECONDS),
        "asking": [
            (State(state).label, asking.get(state, 0), list_url(Recipient, f"state__exact={state}"), STATES[state][1])
            for state in (State.DEFERRED, State.IN_DOUBT, State.HELD)
        ],
        "quarantine": DeliveryReceipt.objects.filter(recipient__isnull=True, dismissed_at__isnull=True).count(),
        "quarantine_url": list_url(DeliveryReceipt, "matched=no"),
    }


def first_mail_box(request: HttpRequest) -> dict[str, Any] | None:
    """How to send the first mail; gone once one is accepted."""
    if Message.objects.exists():
        return None
    sees_credentials = request.user.has_perm("epm.view_credential")
    credential = Credential.objects.filter(enabled=True).order_by("created_at").first() if sees_credentials else None
    application = Application.objects.filter(enabled=True).select_related("zone").order_by("created_at").first()
    return {
        "credential": credential,
        "application": application,
        "curl": _curl(credential, application),
        "test_mail": f"{reverse('admin:test_mail')}?application={application.pk}" if application else "",
    }


def _curl(credential: Credential | None, application: Application | None) -> str:
    """The line that sends a first mail into the simulated world, complete but for the secret."""
    domains = application.zone.sender_domains.split() if application else []
    mail = {
        **({"applicationName": str(application)} if application else {}),
        "from": f"hello@{domains[0].replace('*', 'mail')}" if domains else "hello@example.com",
        "to": ["delivered@simulated.example"],
        "subject": "Hello",
        "body": "My first mail",
        "sandbox": True,
    }
    return (
        f"curl -u {credential.pk if credential else 'CREDENTIAL'}:SECRET {settings.EPM_PUBLIC_URL}/api/v1/emails \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(mail)}'"
    )


def _figures(rows: Iterable[tuple[datetime, str, int]]) -> list[tuple[str, int, str]]:
    """Tone, count and name of each tone that has any, best first; delivered and failed always."""
    counts = dict.fromkeys(TONES, 0)
    for _hour, state, count in rows:
        counts[STATES[State(state)][0]] += count
    return [(tone, counts[tone], TONE_NAMES[tone]) for tone in TONES if counts[tone] or tone in (GOOD, BAD)]


def _chart(first: datetime, rows: Iterable[tuple[datetime, str, int]]) -> dict[str, Any]:
    """The bars of the chart, stacked by tone."""
    hours = [first + timedelta(hours=n) for n in range(HOURS)]
    counts: dict[datetime, dict[str, int]] = {hour: dict.fromkeys(TONES, 0) for hour in hours}
    for hour, state, count in rows:
        if hour in counts:
            counts[hour][STATES[State(state)][0]] += count
    most = max((sum(tones.values()) for tones in counts.values()), default=0)
    bars = [_hour(n, hour, counts[hour], most) for n, hour in enumerate(hours)]
    return {
        "hours": bars,
        "most": most,
        "width": WIDTH,
        "height": HEIGHT,
        "legend": TONE_NAMES.items(),
    }


def _hour(n: int, hour: datetime, counts: Mapping[str, int], most: int) -> Hour:
    step = WIDTH / HOURS
    pieces, top = [], float(HEIGHT)
    for tone in TONES:
        if counts[tone]:
            height = max(2.0, counts[tone] / most * (HEIGHT - 16))
            top -= height
            pieces.append(Piece(tone, n * step + 5, top, step - 10, height))
    said = ", ".join(f"{counts[tone]} {TONE_NAMES[tone]}" for tone in TONES if counts[tone]) or "no mail"
    name = f"{hour:%H:%M}" if hour.hour % 3 == 0 else ""
    return Hour(pieces, f"{hour:%H:%M}–{hour + timedelta(hours=1):%H:%M} UTC: {said}", n * step, (n + 0.5) * step, name)
