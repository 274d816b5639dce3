"""A worker's signs of life: it says when it starts, runs, stops and has stopped, so that people see what is missing."""

from socket import gethostname
from threading import Thread
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutdown, worker_shutting_down
from django.db import close_old_connections, connection

from project.queues import send_zones

HEARTBEAT_SECONDS = 30.0


class Heartbeat(bootsteps.StartStopStep):
    """Reports that the worker runs, at once and every HEARTBEAT_SECONDS."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        beat("running")
        self._timer = consumer.timer.call_repeatedly(HEARTBEAT_SECONDS, beat, ("running",))

    def stop(self, consumer: Any) -> None:
        self._timer.cancel()


def beat(phase: str) -> None:
    """Say what this worker does for its zones: a word of `standing.Phase`."""
    # Celery reads this module before the apps are ready, and models may be imported only then.
    from email_processor.outbound import standing

    close_old_connections()
    standing.report(gethostname(), send_zones(), standing.Phase(phase))


@worker_shutting_down.connect
def _say_stopping(**details: Any) -> None:
    # Called in a signal's handler, perhaps amid a query: so in a thread, which has a database connection of its own.
    Thread(target=_say_and_hang_up, name="heartbeat").start()


def _say_and_hang_up() -> None:
    beat("stopping")
    connection.close()


@worker_shutdown.connect
def _say_stopped(**details: Any) -> None:
    beat("stopped")
