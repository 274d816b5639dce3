"""Ringing a worker. The table is the queue; a broker message only says that somebody may look now.

A doorbell nobody hears costs latency, never work: the beat sweep finds what was missed. So a broker that is away is logged
and otherwise ignored, and an accepted mail stays accepted.
"""

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(task: "Task[Any, Any]", *args: str, queue: str) -> None:
    """Send `task` once the current transaction is committed (at once outside of one)."""
    transaction.on_commit(lambda: ring_now(task, args, queue), robust=True)


def ring_now(task: "Task[Any, Any]", args: tuple[str, ...], queue: str) -> None:
    """Send `task` without waiting for a broker that is away."""
    try:
        task.apply_async(args=args, queue=queue, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker away, the sweep will find the work", extra={"task": task.name, "error": str(error)})
