"""The events that applications are told, by cursor, and telling them again."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.operations.status import uuid_of
from app_interface.pages import Stream, applications_of, newest, of_each
from app_interface.problems import not_found
from app_interface.queries import EVENTS, NOTIFICATIONS, REPLAY, USUAL, cursor_of, read_query
from epm.choices import Scope
from lib.ids import earliest_id
from notifications.models import Notification
from notifications.reading import START, Position, told_after
from notifications.replaying import replay

Told = tuple[list[Notification], Position]
LOOK_AGAIN = 0.25
"""Seconds between two looks of one who waits."""
MOST_REPLAYED = 10_000
_places_to_wait = threading.BoundedSemaphore(4)
"""Of one process's threads so many may wait; whoever comes besides is answered at once, and asks again."""


def events(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {events: [the bodies as they are pushed], next}; waits up to `wait` seconds for the first.

    Raises not_permitted, invalid_request, unknown_application.
    """
    caller.require(Scope.READ)
    values = read_query(EVENTS, query)
    applications, after = applications_of(caller, values), values.get("after", START)

    def look(position: Position) -> Told:
        return told_after(applications, position, values.get("limit", USUAL), values.get("type", ""))

    rows, end = look(after)
    if not rows:
        rows, end = _waited(look, end, values.get("wait", 0))
    return {"events": [shapes.told(row) for row in rows], "next": cursor_of(end)}


def notifications(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {notifications: […], next}, each with its tries. Raises as `events`."""
    caller.require(Scope.READ)
    values = read_query(NOTIFICATIONS, query)
    shown = Notification.objects.select_related("application__zone").prefetch_related("tries")
    rows, cursor = newest(shown, _notifications(caller, values), values)
    return {"notifications": [shapes.notification_of_application(row) for row in rows], "next": cursor}


def replay_one(caller: Caller, notification_id: str) -> Shape:
    """Tell a notification again, whatever became of it. Answers {replayed: 1}. Raises not_permitted, not_found."""
    caller.require(Scope.READ)
    id = uuid_of(notification_id, "notification")
    if not Notification.objects.filter(pk=id, application__in=caller.applications()).exists():
        raise not_found("notification")
    return {"replayed": replay([id]), "more": False}


def replay_many(caller: Caller, parameters: Mapping[str, Any]) -> Shape:
    """Tell again what was told from `since` `until`. Answers {replayed, more}: with `more`, MOST_REPLAYED were not enough.

    Raises not_permitted, invalid_request, unknown_application.
    """
    caller.require(Scope.READ)
    values = read_query(REPLAY, parameters)
    keys = _keys(caller, values)
    for start in range(0, len(keys), 500):
        replay(keys[start : start + 500])
    return {"replayed": len(keys), "more": len(keys) == MOST_REPLAYED}


def _waited(look: Callable[[Position], Told], after: Position, seconds: int) -> Told:
    """What `look` finds behind `after` as soon as there is something, and how far it looked."""
    rows = list[Notification]()
    if not seconds or not _places_to_wait.acquire(blocking=False):
        return rows, after
    try:
        deadline = time.monotonic() + seconds
        while not rows and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN)
            rows, after = look(after)
    finally:
        _places_to_wait.release()
    return rows, after


def _notifications(caller: Caller, values: Mapping[str, Any]) -> Iterator[Stream[Notification]]:
    wanted = Q(**{name: values[name] for name in ("state", "type") if name in values})
    yield from of_each(Notification.objects.all(), applications_of(caller, values), wanted)


def _keys(caller: Caller, values: Mapping[str, Any]) -> list[UUID]:
    """The oldest first, so that who asks again from the last one's time goes on."""
    rows = Notification.objects.filter(application__in=applications_of(caller, values))
    rows = rows.filter(pk__gte=earliest_id(values["since"]))
    if "until" in values:
        rows = rows.filter(pk__lt=earliest_id(values["until"]))
    if "type" in values:
        rows = rows.filter(type=values["type"])
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_REPLAYED])
