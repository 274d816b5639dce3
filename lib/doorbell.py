"""Ringing a worker. The table is the queue; a broker message only says that somebody may look now.

A doorbell nobody hears costs latency, never work: the beat sweep finds what was missed. So a broker that is away is logged
and otherwise ignored, and an accepted mail stays accepted.
"""

import logging
from dataclasses import dataclass
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Ring:
    """A ring that waits for the commit; two of the same kind are equal."""

    task: "Task[Any, Any]"
    args: tuple[str, ...]

    def __call__(self) -> None:
        try:
            self.task.apply_async(args=self.args, retry=False, ignore_result=True)
        except (OperationalError, OSError) as error:
            log.warning("broker away, the sweep will find the work of %s: %s", self.task.name, error)


def ring(task: "Task[Any, Any]", *args: str) -> None:
    """Send `task` once the current transaction is committed (at once outside of one); one ring does for many asked for."""
    waiting = transaction.get_connection().run_on_commit
    ring = _Ring(task, args)
    if not any(hook == ring for _, hook, _ in waiting):
        transaction.on_commit(ring, robust=True)
