import threading
from typing import Any

import pytest
from celery import Task, shared_task
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from lib.doorbell import gathered, ring


@shared_task
def look(what: str) -> None:
    """Somebody may look now."""


@pytest.mark.django_db
def test_it_rings_once_for_many_of_the_same_kind_in_a_transaction(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as rings:
        for what in ("mail", "mail", "news"):
            ring(look, what)
    assert len(rings) == 2


@pytest.mark.django_db
def test_it_does_not_mind_a_broker_that_is_away(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(Task, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        ring(look, "mail")
    assert "broker away" in caplog.text


class Broker:
    """Writes down what is rung while rings are gathered. The thread that sends pauses until it is `woken`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rung: list[str] = []
        self.fails_once = False
        self.sender: set[threading.Thread] = set()
        self._pauses, self._wakes = threading.Semaphore(0), threading.Semaphore(0)
        monkeypatch.setattr(Task, "apply_async", self._take)

    def _take(self, *unused: Any, args: tuple[str, ...], **also_unused: Any) -> None:
        if self.fails_once:
            self.fails_once = False
            raise RuntimeError("no such queue")
        self.rung += args
        self.sender.add(threading.current_thread())

    def pause(self, seconds: float) -> None:
        self._pauses.release()
        self._wakes.acquire()

    def until_it_pauses(self) -> None:
        assert self._pauses.acquire(timeout=20)

    def wake(self) -> None:
        self._wakes.release()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    return Broker(monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_a_gathered_ring_is_sent_at_once_by_another_thread(broker: Broker) -> None:
    with gathered(broker.pause):
        ring(look, "mail")
        broker.until_it_pauses()
        assert broker.rung == ["mail"]
        broker.wake()
    assert threading.current_thread() not in broker.sender


@pytest.mark.django_db(transaction=True)
def test_what_is_rung_during_the_pause_is_sent_once_of_a_kind(broker: Broker) -> None:
    with gathered(broker.pause):
        ring(look, "mail")
        broker.until_it_pauses()
        for what in ("mail", "mail", "news", "mail"):
            ring(look, what)
        assert broker.rung == ["mail"]
        broker.wake()
        broker.until_it_pauses()
        assert sorted(broker.rung) == ["mail", "mail", "news"]
        broker.wake()


@pytest.mark.django_db(transaction=True)
def test_it_rings_on_after_an_error(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    broker.fails_once = True
    with gathered(broker.pause):
        ring(look, "mail")
        broker.until_it_pauses()
        ring(look, "news")
        broker.wake()
        broker.until_it_pauses()
        broker.wake()
    assert broker.rung == ["news"]
    assert "could not ring" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_what_is_left_at_the_end_is_sent(broker: Broker) -> None:
    with gathered(broker.pause):
        ring(look, "mail")
        broker.until_it_pauses()
        ring(look, "news")
        broker.wake()
        broker.wake()
    assert broker.rung == ["mail", "news"]
    ring(look, "direct")
    assert broker.rung == ["mail", "news", "direct"]
