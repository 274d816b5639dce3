import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.utils import timezone
from standardwebhooks import Webhook

from epm.models import Application
from lib import retry
from lib.background import BackgroundClient
from lib.ids import new_id
from notifications import dispatching
from notifications.dispatching import tell_due
from notifications.models import Notification, NotificationAttempt, NotificationState
from notifications.publishing import News, publish
from notifications.replaying import replay
from tests.factories import make_application
from tests.plans import after_an_idle_night, plans_of
from tests.receivers import Received, Receiver, Reply

pytestmark = pytest.mark.django_db


def news(application: Application, *sequences: int, subject: UUID | None = None) -> UUID:
    subject = subject or new_id()
    publish([News(application, "email.sent", subject, n, timezone.now(), {"subject": "Grüße"}) for n in sequences])
    return subject


def make_due() -> None:
    Notification.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def the_attempt() -> NotificationAttempt:
    return NotificationAttempt.objects.get()


def the_notification() -> Notification:
    return Notification.objects.get()


def delay(notification: Notification) -> timedelta:
    assert notification.due_at is not None
    return notification.due_at - timezone.now()


def test_it_tells_what_is_due(listener: Application, server: Receiver) -> None:
    news(listener, 1)
    assert tell_due() == 1
    assert the_notification().state == NotificationState.TOLD
    assert the_notification().due_at is None
    assert [r.path for r in server.received] == ["/notify"]


def test_the_signature_is_one_that_standard_webhooks_verifies(listener: Application, server: Receiver) -> None:
    news(listener, 1)
    tell_due()
    told = Webhook(listener.signing_secret).verify(server.received[0].body, dict(server.received[0].headers))
    assert (told["id"], told["subject"]) == (server.received[0].headers["webhook-id"], "Grüße")


def test_it_keeps_what_came_back(listener: Application, server: Receiver) -> None:
    server.answers(Reply(200, b"seen\0" + b"x" * 5000))
    news(listener, 1)
    tell_due()
    attempt = the_attempt()
    assert (attempt.number, attempt.status, attempt.problem, attempt.url) == (1, 200, "", f"{server.url}/notify")
    assert attempt.answer == "seen\N{REPLACEMENT CHARACTER}" + "x" * 995


def test_it_tells_the_news_of_one_subject_in_order(listener: Application, server: Receiver) -> None:
    first, second = news(listener, 1, 2, 3), news(listener, 1, 2, 3)
    tell_due()
    told = [(r.json()["sequence"], n.subject) for r in server.received for n in [_row(r.headers["webhook-id"])]]
    assert [n for n, subject in told if subject == first] == [1, 2, 3]
    assert [n for n, subject in told if subject == second] == [1, 2, 3]


def _row(id: str) -> Notification:
    return Notification.objects.get(pk=id)


def test_a_failure_keeps_back_what_comes_later_on_its_subject_only(listener: Application, server: Receiver) -> None:
    held, free = news(listener, 1, 2), news(listener, 1, 2)
    fails = str(Notification.objects.get(subject=held, sequence=1).pk)
    server.script = lambda received: Reply(500 if received.headers["webhook-id"] == fails else 200)
    tell_due()
    assert set(_states(held)) == {NotificationState.PENDING}
    assert set(_states(free)) == {NotificationState.TOLD}
    assert len(server.received) == 3


def _states(subject: UUID) -> list[str]:
    return list(Notification.objects.filter(subject=subject).values_list("state", flat=True))


def test_what_is_kept_back_for_long_leaves_the_queue_until_then(listener: Application) -> None:
    subject = news(listener, 1, 2)
    later = timezone.now() + timedelta(hours=2)
    Notification.objects.filter(subject=subject, sequence=1).update(due_at=later, attempts=4)
    Notification.objects.filter(subject=subject, sequence=2).update(claim=new_id())  # a worker died with it
    tell_due()
    parked = Notification.objects.get(subject=subject, sequence=2)
    assert (parked.due_at, parked.claim) == (later, None)


def test_what_was_kept_back_follows_at_once(listener: Application, server: Receiver) -> None:
    subject = news(listener, 1, 2)
    later = timezone.now() + timedelta(hours=2)
    Notification.objects.filter(subject=subject, sequence=1).update(attempts=4)
    Notification.objects.filter(subject=subject, sequence=2).update(due_at=later)
    tell_due()
    assert [r.json()["sequence"] for r in server.received] == [1, 2]


@pytest.mark.parametrize(("attempts", "planned"), list(enumerate(retry.NOTIFICATIONS)))
def test_it_tries_again_on_the_schedule(
    listener: Application, server: Receiver, attempts: int, planned: timedelta
) -> None:
    server.answers(Reply(503))
    news(listener, 1)
    Notification.objects.update(attempts=attempts)
    tell_due()
    assert the_notification().attempts == attempts + 1
    assert planned * 0.79 - timedelta(seconds=1) < delay(the_notification()) <= planned * 1.2
    assert (the_attempt().status, the_attempt().problem) == (503, "the server answered 503")


def test_it_gives_up_after_the_last_retry(listener: Application, server: Receiver) -> None:
    server.answers(Reply(500))
    news(listener, 1)
    Notification.objects.update(attempts=len(retry.NOTIFICATIONS))
    tell_due()
    assert (the_notification().state, the_notification().due_at) == (NotificationState.ABANDONED, None)


def test_a_replay_begins_the_schedule_anew_and_goes_on_counting(listener: Application, server: Receiver) -> None:
    server.answers(Reply(500))
    news(listener, 1)
    Notification.objects.update(attempts=len(retry.NOTIFICATIONS))
    tell_due()
    replay([the_notification().pk])
    tell_due()
    assert (the_notification().state, the_notification().attempts) == (NotificationState.PENDING, 1)
    assert list(NotificationAttempt.objects.order_by("pk").values_list("number", flat=True)) == [8, 9]


def test_the_webhook_id_stays_over_retries(listener: Application, server: Receiver) -> None:
    server.answers(Reply(500), Reply(200))
    news(listener, 1)
    tell_due()
    make_due()
    tell_due()
    assert {r.headers["webhook-id"] for r in server.received} == {str(the_notification().pk)}
    assert list(NotificationAttempt.objects.values_list("number", "status")) == [(1, 500), (2, 200)]


def test_410_stops(listener: Application, server: Receiver) -> None:
    server.answers(Reply(410))
    news(listener, 1)
    tell_due()
    assert (the_notification().state, the_notification().due_at) == (NotificationState.STOPPED, None)


def test_it_follows_no_redirect(listener: Application, server: Receiver) -> None:
    server.answers(Reply(302, headers={"Location": "/elsewhere"}))
    news(listener, 1)
    tell_due()
    assert len(server.received) == 1
    assert "redirects are not followed" in the_attempt().problem


def test_it_honours_retry_after_in_seconds(listener: Application, server: Receiver) -> None:
    server.answers(Reply(429, headers={"Retry-After": "3600"}))
    news(listener, 1)
    tell_due()
    assert timedelta(minutes=59) < delay(the_notification()) <= timedelta(hours=1)


def test_it_honours_retry_after_as_a_date(listener: Application, server: Receiver) -> None:
    asked = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    server.answers(Reply(503, headers={"Retry-After": asked.strftime("%a, %d %b %Y %H:%M:%S GMT")}))
    news(listener, 1)
    tell_due()
    assert the_notification().due_at == asked


def test_a_receiver_that_hangs_is_tried_again(listener: Application, server: Receiver, settings: Any) -> None:
    settings.EPM_NOTIFY_TIMEOUT = 0.1
    server.answers(Reply(hang=True))
    news(listener, 1)
    tell_due()
    assert (the_attempt().status, the_attempt().problem) == (None, "no answer within 0.1 s")
    assert the_notification().state == NotificationState.PENDING


def test_a_private_address_is_not_called(listener: Application, server: Receiver, settings: Any) -> None:
    settings.EPM_HTTP_ALLOWED_PRIVATE = []
    news(listener, 1)
    tell_due()
    assert "may not be called" in the_attempt().problem
    assert server.received == []


def test_where_the_url_was_emptied_it_stops_and_says_why(listener: Application) -> None:
    news(listener, 1)
    Application.objects.update(notification_url="")
    tell_due()
    assert (the_notification().state, the_attempt().problem) == (NotificationState.STOPPED, dispatching.NO_URL)


def test_a_disabled_application_is_told_later(listener: Application, server: Receiver) -> None:
    news(listener, 1)
    Application.objects.update(enabled=False)
    tell_due()
    assert (the_notification().state, the_attempt().problem) == (NotificationState.PENDING, dispatching.DISABLED)
    assert server.received == []


def test_one_that_cannot_be_signed_spoils_no_other(listener: Application, server: Receiver) -> None:
    other = make_application(listener.zone, "other", notification_url=server.url, signing_secret="whsec_")
    news(other, 1)
    news(listener, 1)
    tell_due()
    assert len(server.received) == 1
    assert NotificationAttempt.objects.get(notification__application=other).problem == dispatching.UNSIGNED


def test_a_crash_between_the_call_and_its_settlement_tells_it_again(
    listener: Application, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    news(listener, 1)
    with monkeypatch.context() as crash:
        crash.setattr(dispatching, "_still_held", _die)
        with pytest.raises(KeyboardInterrupt):
            tell_due()
    assert tell_due() == 0  # still held by the worker that died
    make_due()
    tell_due()
    assert [r.headers["webhook-id"] for r in server.received] == [str(the_notification().pk)] * 2
    assert the_notification().state == NotificationState.TOLD


def _die(held: Any) -> Any:
    raise KeyboardInterrupt


def test_who_overslept_the_lease_settles_nothing(
    listener: Application, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    news(listener, 1)
    other = new_id()

    def lose_the_lease(*args: Any, **options: Any) -> Any:
        Notification.objects.update(claim=other)
        return post(*args, **options)

    post = BackgroundClient.post
    monkeypatch.setattr(BackgroundClient, "post", lose_the_lease)
    tell_due()
    assert the_notification().claim == other
    assert not NotificationAttempt.objects.exists()


def test_what_is_not_due_is_not_told(listener: Application, server: Receiver) -> None:
    publish([News(listener, "email.sent", new_id(), 1, _in_an_hour(), {})])
    assert tell_due() == 0


def _in_an_hour() -> datetime:
    return timezone.now() + timedelta(hours=1)


def test_an_application_that_hangs_does_not_hold_up_others(listener: Application, server: Receiver) -> None:
    hanging = make_application(listener.zone, "hanging", notification_url=f"{server.url}/hanging")
    for _ in range(75):
        news(hanging, 1)
    news(listener, 1)
    order, other_was_told = list[str](), threading.Event()

    def script(received: Received) -> Reply:
        order.append(received.path)
        if received.path == "/notify":
            other_was_told.set()
        other_was_told.wait(10)
        return Reply()

    server.script = script
    tell_due()
    assert order.index("/notify") <= 50


@pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite plans by rules alone")
def test_a_burst_after_an_idle_night_is_read_in_its_order(listener: Application) -> None:
    publish([News(listener, "email.sent", new_id(), 1, timezone.now(), {}) for _ in range(2000)])
    after_an_idle_night(Notification)
    plans = plans_of(lambda: dispatching._take(25, []))
    assert "Index Scan using notification_due" in plans
    assert "Join" not in plans
    assert "Sort" not in plans
