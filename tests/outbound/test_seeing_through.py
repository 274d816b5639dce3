"""The database goes away while mails are on the wire."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from email_processor import lifecycle
from email_processor.models import EventType, Recipient, State
from email_processor.outbound import queue, seeing_through
from email_processor.outbound.acceptance import accept
from email_processor.outbound.seeing_through import see_through
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import Zone
from lib import stopping
from tests import factories
from tests.outbound.submissions import make_submission

MAILS = 12


class Away:
    """Lets a function fail as if the database were away, at these of its calls."""

    def __init__(self, function: Callable[..., Any], calls: set[int], *, after: bool = False) -> None:
        self.function, self.calls, self.after, self.called = function, calls, after, 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.called += 1
        if self.called not in self.calls:
            return self.function(*arguments, **options)
        if self.after:
            self.function(*arguments, **options)
        raise OperationalError("server closed the connection unexpectedly")


def sent(zone: Zone, world: RunningWorld) -> Counter[str]:
    """What becomes of mails of which some are slow; the drain fails in the end."""
    factories.make_connection(zone, server=world.host, port=world.port, max_connections=4)
    accept(make_submission(zone, *(f"{'slow' if n % 2 else 'ann'}+{n}@example.net" for n in range(MAILS))))
    with pytest.raises(OperationalError):
        drain(zone.name)
    Recipient.objects.filter(state=State.DEFERRED).update(due_at=None)
    return Counter(Recipient.objects.values_list("state", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("calls", "after"), [({1}, False), ({2}, False), ({1, 2, 3}, False), ({1}, True), ({2, 4}, True)]
)
def test_what_was_on_the_wire_is_settled_and_not_in_doubt(
    zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch, calls: set[int], after: bool
) -> None:
    monkeypatch.setattr(lifecycle, "advance", Away(lifecycle.advance, calls, after=after))
    states = sent(zone, world)
    assert (states[State.SENT], states[State.SENDING]) == (world.count, 0)
    assert states[State.SENT] + states[State.QUEUED] == MAILS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [False, True])
def test_what_was_only_about_to_leave_did_not(
    zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    monkeypatch.setattr(lifecycle, "begin", Away(lifecycle.begin, {2}, after=after))
    states = sent(zone, world)
    assert (states[State.SENT], states[State.SENDING], states[State.IN_DOUBT]) == (world.count, 0, 0)
    assert bool(states[State.DEFERRED]) is after


@pytest.mark.django_db(transaction=True)
def test_each_is_told_once(zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "advance", Away(lifecycle.advance, {1, 3}, after=True))
    sent(zone, world)
    told = [one.events.filter(type=EventType.SENT).count() for one in Recipient.objects.filter(state=State.SENT)]
    assert set(told) == {1}


@pytest.mark.django_db(transaction=True)
def test_what_only_waited_is_due_again_at_once(
    zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "advance", Away(lifecycle.advance, {1}))
    sent(zone, world)
    monkeypatch.undo()
    assert queue.has_due(zone.name)
    drain(zone.name)
    assert (world.count, Recipient.objects.filter(state=State.SENT).count()) == (MAILS, MAILS)


def away(unwritten: list[int]) -> None:
    raise OperationalError("still away")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("patience", "is_asked"), [("PATIENCE", False), ("PATIENCE_WHEN_STOPPING", True)])
def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, patience: str, is_asked: bool) -> None:
    monkeypatch.setattr(seeing_through, patience, -1)
    monkeypatch.setattr(stopping, "is_asked", lambda: is_asked)
    with pytest.raises(OperationalError):
        see_through([1], collect=lambda timeout: [], is_busy=lambda: False, write=away)


@pytest.mark.django_db(transaction=True)
def test_what_comes_back_meanwhile_is_written_with_the_rest() -> None:
    coming, written, tries = [[2], [3], []], list[int](), iter([OperationalError(), None, None])

    def write(unwritten: list[int]) -> None:
        if trouble := next(tries):
            raise trouble
        written.extend(unwritten)

    see_through([1], collect=lambda timeout: coming.pop(0), is_busy=lambda: len(coming) > 1, write=write)
    assert written == [1, 2, 3]
