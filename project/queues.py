"""The queues: which task goes where, and which of them a worker consumes.

The broker only rings doorbells. `send.<zone>` is heard by workers of that zone, the others by every worker.
"""

from typing import Any

from celery import bootsteps
from django.apps import apps
from django.conf import settings
from django.db import close_old_connections

COMMON_QUEUES = ("intake", "notify", "browse", "housekeeping")
_QUEUE_OF_ROOM = {
    "notifications.tasks": "notify",
    "email_processor.inbound.tasks": "intake",
    "email_processor.browser.tasks": "browse",
}
_QUEUE_OF_TASK = {
    # Whoever takes in waits for no chain of hashes.
    "email_processor.inbound.tasks.seal_due": "housekeeping",
}
LOOK_SECONDS = 2.0
"""Seconds between two looks for zones that are new. Celery's timer may sleep so long before it notices a shutdown."""


def queue_of(name: str, args: Any, *unused: Any, **also_unused: Any) -> dict[str, str]:
    """Celery's router (`task_routes`): where a task of this name and these arguments is rung."""
    if name == "email_processor.outbound.tasks.send_due":
        return {"queue": f"send.{args[0]}"}
    return {"queue": _QUEUE_OF_TASK.get(name) or _QUEUE_OF_ROOM.get(name.rpartition(".")[0], "housekeeping")}


class UnknownZone(Exception):
    """EPM_ZONES names a zone that does not exist."""


def send_queues() -> list[str]:
    """The send queues of this worker. Raises UnknownZone."""
    return [f"send.{name}" for name in send_zones()]


def send_zones() -> list[str]:
    """The zones this worker sends for. Raises UnknownZone."""
    known = list(apps.get_model("epm", "Zone").objects.values_list("name", flat=True))
    unknown = set(settings.EPM_ZONES) - set(known)
    if unknown:
        raise UnknownZone(f"EPM_ZONES names no such zone: {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    return list(settings.EPM_ZONES or known)


class WatchZones(bootsteps.StartStopStep):
    """Lets a running worker consume the queue of a zone that an operator has just made."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        if not settings.EPM_ZONES:
            self._timer = consumer.timer.call_repeatedly(LOOK_SECONDS, _consume_new, (consumer,))

    def stop(self, consumer: Any) -> None:
        if not settings.EPM_ZONES:
            self._timer.cancel()


def _consume_new(consumer: Any) -> None:
    close_old_connections()
    for queue in send_queues():
        if not consumer.task_consumer.consuming_from(queue):
            consumer.add_task_queue(queue)
