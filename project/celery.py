import os
from typing import Any

from billiard.process import active_children
from celery import Celery
from celery.signals import worker_process_init, worker_shutting_down

from lib import file_broker, stopping
from project.queues import WatchZones

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

file_broker.register()
app = Celery("epm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["notifications", "email_processor.outbound", "email_processor.inbound", "email_processor.browser"], force=False
)
app.steps["consumer"].add(WatchZones)


@worker_process_init.connect
def _listen_for_the_end(**details: Any) -> None:
    stopping.listen()


@worker_shutting_down.connect
def _ask_the_pool(**details: Any) -> None:
    """A task may go on as long as there is due work: without being asked, a warm shutdown would wait for ever."""
    stopping.pass_on([process.pid for process in active_children() if process.pid])
