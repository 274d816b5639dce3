"""Pages of lists by cursor, newest first: no page grows slower the farther one reads."""

from collections.abc import Iterable, Mapping
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from app_interface.authentication import Caller
from app_interface.queries import page_of
from epm.models import Application
from lib.ids import earliest_id

M = TypeVar("M", bound=Model)


def applications_of(caller: Caller, values: Mapping[str, Any]) -> list[Application]:
    """The one asked for, or all that the caller may see. Raises unknown_application."""
    name = values.get("application", "")
    application = caller.application(name) if name else None
    return [application] if application else list(caller.applications())


def newest(streams: Iterable["QuerySet[M]"], values: Mapping[str, Any]) -> tuple[list[M], str | None]:
    """The page asked for by `cursor`, `since` and `limit`, of all `streams` together, and the cursor of the next.

    A stream for each application lets each walk down its own index; one condition on all of them would not.
    """
    page = page_of(values)
    found = merge(
        *(_head(stream, values).order_by("-pk")[: page.limit + 1] for stream in streams),
        key=lambda row: row.pk,
        reverse=True,
    )
    rows = list(islice(found, page.limit + 1))
    return rows[: page.limit], str(rows[page.limit - 1].pk) if len(rows) > page.limit else None


def _head(stream: "QuerySet[M]", values: Mapping[str, Any]) -> "QuerySet[M]":
    if "cursor" in values:
        stream = stream.filter(pk__lt=values["cursor"])
    # Ids are made of the time: this walks the index that the page walks anyway.
    return stream.filter(pk__gte=earliest_id(values["since"])) if "since" in values else stream
