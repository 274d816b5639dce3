"""Ringing a worker. The table is the queue; a broker message only says that somebody may look now.

A doorbell nobody hears costs latency, never work: the beat sweep finds what was missed. So a broker that is away is logged
and otherwise ignored, and an accepted mail stays accepted.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

SHARE, LONGEST_PAUSE = 20, 0.1
"""Where rings are gathered, a process rings for a twentieth of its time at most, and pauses for so many seconds at most."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """A ring that waits for the commit; two of the same kind are equal."""

    task: "Task[Any, Any]"
    args: tuple[str, ...]

    def __call__(self) -> None:
        (_gatherers[-1] if _gatherers else _send)(self)


def ring(task: "Task[Any, Any]", *args: str) -> None:
    """Send `task` once the current transaction is committed (at once outside of one); one ring does for many asked for."""
    waiting = transaction.get_connection().run_on_commit
    ring = _Ring(task, args)
    if not any(hook == ring for _, hook, _ in waiting):
        transaction.on_commit(ring, robust=True)


@contextmanager
def gathered(pause: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Meanwhile rings are sent by a thread of their own: the first at once, then those of each pause together, one of a kind.

    For a process that commits a hundred times a second: to send one costs as much as the rest of the commit.
    """
    gatherer = _Gatherer(pause)
    thread = threading.Thread(target=gatherer.run, name="doorbell", daemon=True)
    thread.start()
    _gatherers.append(gatherer)
    try:
        yield
    finally:
        _gatherers.remove(gatherer)
        gatherer.end()
        thread.join()


class _Gatherer:
    """Gathers rings while it pauses."""

    def __init__(self, pause: Callable[[float], object]) -> None:
        self._pause = pause
        self._changed = threading.Condition()
        self._asked: dict[_Ring, None] = {}
        self._ends = False

    def __call__(self, ring: _Ring) -> None:
        with self._changed:
            self._asked[ring] = None
            self._changed.notify()

    def run(self) -> None:
        """Send until the end."""
        while asked := self._gathered():
            began = time.monotonic()
            for ring in asked:
                try:
                    _send(ring)
                except Exception:
                    # As on_commit(robust=True) does; the next ring must not find nobody.
                    log.exception("could not ring %s", ring.task.name)
            self._pause(min(LONGEST_PAUSE, SHARE * (time.monotonic() - began)))

    def end(self) -> None:
        """Send what is left, then no more."""
        with self._changed:
            self._ends = True
            self._changed.notify()

    def _gathered(self) -> list[_Ring]:
        """What was asked for; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._ends)
            asked, self._asked = list(self._asked), {}
        return asked


_gatherers: list[_Gatherer] = []


def _send(ring: _Ring) -> None:
    try:
        ring.task.apply_async(args=ring.args, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker away, the sweep will find the work of %s: %s", ring.task.name, error)
