"""getStatusEx: how the platform is doing, as far as the caller may see it."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.pages import applications_of
from email_processor.models import DeliveryReceipt, Recipient
from email_processor.outbound import shares, standing
from email_processor.outbound.shares import Waiting
from epm.choices import Scope
from epm.models import Application
from lib.ids import earliest_id
from notifications.models import Notification

STARTED_AT = timezone.now()
"""When this process began; counters count from here."""


def status_ex(caller: Caller) -> Shape:
    """Answers {started_at, now, counters, queues, processors, connections}. Raises not_permitted."""
    caller.require(Scope.READ)
    applications = applications_of(caller, {})
    processors, connections = standing.overview([caller.zone.name])
    return {
        "started_at": shapes.moment(STARTED_AT),
        "now": shapes.moment(timezone.now()),
        "counters": _counters(applications),
        "queues": [
            _described("send", shares.waiting(caller.zone, [one.pk for one in applications])),
            _described("notify", _to_tell(applications)),
        ],
        "processors": [_processor(row) for row in processors],
        "connections": [_connection(row) for row in connections],
    }


def _counters(applications: list[Application]) -> dict[str, int]:
    """What was accepted since the start, by its state now, and what came back."""
    since = earliest_id(STARTED_AT)
    recipients = Recipient.objects.filter(application__in=applications, pk__gte=since).order_by()
    states = Counter(dict(recipients.values_list("state").annotate(Count("pk"))))
    return {
        "accepted": states.total(),
        **dict(sorted(states.items())),
        "receipts": DeliveryReceipt.objects.filter(application__in=applications, pk__gte=since).count(),
        "notifications": Notification.objects.filter(application__in=applications, pk__gte=since).count(),
    }


def _to_tell(applications: list[Application]) -> Waiting:
    rows = Notification.objects.filter(due_at__isnull=False, application__in=applications).order_by()
    due = Count("pk", filter=Q(due_at__lte=timezone.now()))
    return Waiting(**rows.aggregate(depth=Count("pk"), due=due, oldest=Min("due_at")))


def _described(name: str, queue: Waiting) -> dict[str, Any]:
    """Depth counts all that waits; age is in seconds, of the longest due."""
    return {"name": name, "depth": queue.depth, "due": queue.due, "age": _age(queue.oldest, timezone.now())}


def _age(oldest: datetime | None, now: datetime) -> float:
    return round((now - oldest).total_seconds(), 3) if oldest and oldest < now else 0.0


def _processor(row: standing.Processor) -> dict[str, Any]:
    return {
        "zone": row.zone,
        "host": row.host,
        "state": row.condition.value,
        "why": row.why,
        "since": shapes.moment(row.since),
        "seen_at": shapes.moment(row.seen_at),
    }


def _connection(row: standing.WayOut) -> dict[str, Any]:
    return {"name": row.name, "state": row.condition.value, "why": row.why, "retry_at": shapes.moment(row.retry_at)}
