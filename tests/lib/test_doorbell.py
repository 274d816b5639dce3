from typing import Any

import pytest
from celery import Task, shared_task
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from lib.doorbell import ring


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
