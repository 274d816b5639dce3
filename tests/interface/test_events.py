import threading
import time
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.operations import events
from epm.models import Application, Credential, EmailConnection, Zone
from lib.ids import new_id
from notifications.models import Notification, NotificationState
from notifications.publishing import News, publish
from tests import factories
from tests.interface.conftest import Door, problem

pytestmark = pytest.mark.django_db(transaction=True)


def tell(application: Application, *words: str) -> None:
    with transaction.atomic():
        publish(
            [News(application, "email.sent", new_id(), 1, timezone.now(), {"word": word}) for word in words],
        )


def words(page: Any) -> list[str]:
    return [event["word"] for event in page["events"]]


def test_it_lists_what_is_told_in_the_order_of_commits(door: Door, application: Application) -> None:
    for word in "abc":
        tell(application, word)
    first = door.get("events?limit=2").json()
    second = door.get(f"events?after={first['next']}").json()
    assert (words(first), words(second)) == (["a", "b"], ["c"])
    assert first["events"][0]["id"] == str(Notification.objects.earliest("pk").pk)


@pytest.mark.parametrize("number", ["", "x", "-1", "\u0661", "9" * 19, "0" * 20 + "9" * 20])
def test_it_refuses_a_cursor_that_is_none(door: Door, number: str) -> None:
    assert problem(door.get(f"events?after={number}-{new_id().hex}")) == (400, "invalid_request", "after")


def test_a_cursor_stays_where_nothing_is_new(door: Door, application: Application) -> None:
    tell(application, "a")
    end = door.get("events").json()["next"]
    assert door.get(f"events?after={end}").json() == {"events": [], "next": end}


@pytest.mark.skipif(
    "database.vendor != 'postgresql'", reason="SQLite has one writer at a time: nothing commits out of order"
)
def test_what_commits_late_is_not_skipped(credential: tuple[Credential, str], application: Application) -> None:
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                tell(application, "early, committed late")
                written.set()
                may_commit.wait(10)
        finally:
            database.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    tell(application, "late, committed early")
    caller = Caller(credential[0])
    before = events(caller, {})
    may_commit.set()
    thread.join()
    after = events(caller, {"after": before["next"]} if before["next"] else {})
    assert words(before) + words(after) == ["early, committed late", "late, committed early"]


def test_it_waits_for_the_first_event(credential: tuple[Credential, str], application: Application) -> None:
    def later() -> None:
        try:
            tell(application, "at last")
        finally:
            database.close()

    timer = threading.Timer(0.3, later)
    timer.start()
    began = time.monotonic()
    page = events(Caller(credential[0]), {"wait": "15"})
    timer.join()
    assert words(page) == ["at last"]
    assert time.monotonic() - began < 10


def test_it_hides_the_events_of_other_applications(door: Door, zone: Zone) -> None:
    tell(factories.make_application(zone, "theirs"), "secret")
    assert door.get("events").json()["events"] == []
    assert door.get("notifications").json()["notifications"] == []
    assert problem(door.get("events?application=theirs"))[:2] == (404, "unknown_application")


def test_it_lists_notifications_and_replays_one(door: Door, application: Application) -> None:
    tell(application, "a")
    Notification.objects.update(state=NotificationState.ABANDONED, due_at=None, attempts=8)
    [row] = door.get("notifications?state=abandoned").json()["notifications"]
    assert door.post(f"notifications/{row['id']}/replay", {}).json() == {"replayed": 1, "more": False}
    notification = Notification.objects.get()
    assert (notification.state, notification.attempts, notification.attempts_before) == ("pending", 0, 8)


def test_it_replays_what_was_told_since(door: Door, application: Application, zone: Zone) -> None:
    began = timezone.now().isoformat()
    tell(application, "a", "b")
    tell(factories.make_application(zone, "theirs"), "secret")
    Notification.objects.update(state=NotificationState.TOLD, due_at=None)
    assert door.post("notifications/replay", {"since": began}).json() == {"replayed": 2, "more": False}
    assert Notification.objects.filter(state=NotificationState.PENDING).count() == 2
    assert problem(door.post("notifications/replay", {})) == (400, "invalid_request", "since")


def test_it_replays_nothing_of_others(door: Door, zone: Zone, connection: EmailConnection) -> None:
    tell(factories.make_application(zone, "theirs"), "secret")
    key = Notification.objects.get().pk
    assert problem(door.post(f"notifications/{key}/replay", {}))[:2] == (404, "not_found")
