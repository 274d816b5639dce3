"""getStatusEx: how the platform is doing, as far as the caller may see it."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.pages import applications_of
from email_processor.models import DeliveryReceipt, Recipient
from email_processor.outbound import standing
from epm.choices import Scope
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
            _queue("send", Recipient.objects.filter(application__in=applications)),
            _queue("notify", Notification.objects.filter(application__in=applications)),
        ],
        "processors": [_processor(row) for row in processors],
        "connections": [_connection(row) for row in connections],
    }


def _counters(applications: list[Any]) -> dict[str, int]:
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


def _queue(name: str, rows: "QuerySet[Any]") -> dict[str, Any]:
    """Depth counts all that waits; age is in seconds, of the longest due."""
    now = timezone.now()
    waiting = rows.filter(due_at__isnull=False).order_by()
    due = waiting.filter(due_at__lte=now).aggregate(depth=Count("pk"), oldest=Min("due_at"))
    return {"name": name, "depth": waiting.count(), "due": due["depth"], "age": _age(due["oldest"], now)}


def _age(oldest: datetime | None, now: datetime) -> float:
    return round((now - oldest).total_seconds(), 3) if oldest else 0.0


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
