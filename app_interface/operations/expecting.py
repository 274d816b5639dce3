"""Expected against received: what each destination's servers were asked to report, what came, and how long it took."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.pages import applications_of
from app_interface.problems import invalid
from app_interface.queries import TRAFFIC, USUAL, read_query
from email_processor.traffic import STEPS, Destination, destinations
from epm.choices import Scope

USUAL_SPAN, LONGEST_SPAN = timedelta(days=7), timedelta(days=92)
EARLIEST = datetime.min.replace(tzinfo=UTC)


def traffic(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {since, until, destinations: […], more, silent: […]}, most mail first.

    Raises not_permitted, invalid_request, unknown_application.
    """
    caller.require(Scope.READ)
    values = read_query(TRAFFIC, query)
    since, until = _span(values)
    names = {one.pk: str(one) for one in applications_of(caller, values)}
    found = destinations(since, until, list(names))
    limit = values.get("limit", USUAL)
    return {
        "since": shapes.moment(since),
        "until": shapes.moment(until),
        "destinations": [_destination(one, names[one.application]) for one in found[:limit] if one.application],
        "more": max(0, len(found) - limit),
        "silent": sorted({one.domain for one in found if one.is_silent}),
    }


def _span(values: Mapping[str, Any]) -> tuple[datetime, datetime]:
    until = values.get("until", timezone.now())
    since = values.get("since") or until - min(USUAL_SPAN, until - EARLIEST)
    if not timedelta() < until - since <= LONGEST_SPAN:
        raise invalid(f"Expected `since` before `until`, and at most {LONGEST_SPAN.days} days.", "since")
    return since, until


def _destination(row: Destination, application: str) -> Shape:
    return {
        "application": application,
        "domain": row.domain,
        "taken": row.taken,
        "asked": row.asked,
        "answered": row.answered,
        "share": None if row.share is None else round(row.share, 4),
        "came": row.came,
        "within": [
            {"seconds": step.total_seconds() if step else None, "receipts": count}
            for step, count in zip([*(step for _, step in STEPS), None], row.steps, strict=True)
        ],
        "mean_seconds": None if row.mean is None else round(row.mean.total_seconds(), 3),
        "silent": row.is_silent,
    }
