"""How processors and connections are doing, on the dashboard and on a connection's page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from email_processor.models import SlowedDestination
from email_processor.outbound import standing
from email_processor.outbound.pace import steps_left
from email_processor.outbound.standing import Condition
from epm.console.shown import BAD, GOOD, QUIET, UNDER_WAY, WAITING, label
from epm.models import EmailConnection

_TONES = {
    Condition.RUNNING: GOOD,
    Condition.STARTING: UNDER_WAY,
    Condition.STOPPING: UNDER_WAY,
    Condition.STOPPED: QUIET,
    Condition.NOT_RUNNING: WAITING,
    Condition.NEED_CONFIGURATION: WAITING,
    Condition.NEED_CONNECTIONS: WAITING,
    Condition.DEGRADED: WAITING,
    Condition.ERROR: BAD,
}


def box(request: HttpRequest) -> dict[str, Any]:
    """The dashboard's: every worker, and every connection."""
    processors, connections = standing.overview()
    return {
        "processors": [(one, _label(one.condition)) for one in processors],
        "connections": [
            (way, _label(way.condition), reverse("admin:epm_emailconnection_change", args=[way.key]))
            for way in connections
        ],
    }


def panel(request: HttpRequest, row: EmailConnection) -> dict[str, Any] | None:
    """The page of one connection."""
    way = next((way for way in standing.connections([row.zone.name]) if way.key == row.pk), None)
    return {"way": way, "label": _label(way.condition), "slowed": _slowed(row)} if way else None


def _slowed(row: EmailConnection) -> list[tuple[SlowedDestination, int]]:
    """Where its servers asked for less, and to which part of the usual that came down."""
    now = timezone.now()
    rows = SlowedDestination.objects.filter(connection=row).order_by("-changed_at")[:50]
    return [(slowed, 2**steps) for slowed in rows if (steps := steps_left(slowed, now))]


def _label(condition: Condition) -> Any:
    return label(condition.label, _TONES[condition])
