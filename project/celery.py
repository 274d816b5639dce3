import os
from typing import Any

from billiard.process import active_children
from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_process_init, worker_shutting_down

from lib import file_broker, redis_broker, stopping
from project.heartbeat import Heartbeat
from project.queues import WatchZones

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

file_broker.register()
redis_broker.register()
app = Celery("epm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "notifications",
        "email_processor.outbound",
        "email_processor.inbound",
        "email_processor.browser",
        "app_interface",
    ],
    force=False,
)
app.steps["consumer"].add(WatchZones)
app.steps["consumer"].add(Heartbeat)


# A stop comes as SIGTERM to the whole process group (a terminal, honcho) or to the parent alone (systemd). Celery's pool
# replaces every handler that is set when a child starts, except "ignore"; hence ours is set for each task.


@worker_process_init.connect
@task_postrun.connect
def _be_idle(**details: Any) -> None:
    stopping.ignore()


@task_prerun.connect
def _listen_for_the_end(**details: Any) -> None:
    stopping.listen()


@task_prerun.connect
def _look_after_the_database(**details: Any) -> None:
    """As at the start of a web request: give up what is broken or old, and check the rest before it is used."""
    from django.db import close_old_connections

    close_old_connections()


@worker_shutting_down.connect
def _ask_the_pool(**details: Any) -> None:
    """A task may go on as long as there is due work: without being asked, a warm shutdown would wait for ever."""
    stopping.pass_on([process.pid for process in active_children() if process.pid])
