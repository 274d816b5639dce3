"""Which send queues a worker consumes: those of its zones (EPM_ZONES), or of all zones, new ones included."""

from typing import Any

from celery import bootsteps
from django.apps import apps
from django.conf import settings
from django.db import connection

LOOK_SECONDS = 5.0


class UnknownZone(Exception):
    """EPM_ZONES names a zone that does not exist."""


def send_queues() -> list[str]:
    """The send queues of this worker. Raises UnknownZone."""
    known = list(apps.get_model("epm", "Zone").objects.values_list("name", flat=True))
    unknown = set(settings.EPM_ZONES) - set(known)
    if unknown:
        raise UnknownZone(f"EPM_ZONES names no such zone: {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    return [f"send.{name}" for name in settings.EPM_ZONES or known]


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
    for queue in send_queues():
        if not consumer.task_consumer.consuming_from(queue):
            consumer.add_task_queue(queue)
    # This is the parent of the pool: its children must not inherit an open connection.
    connection.close()
