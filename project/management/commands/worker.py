import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from project.heartbeat import beat
from project.queues import COMMON_QUEUES, UnknownZone, send_queues


class Command(BaseCommand):
    help = (
        "Runs a Celery worker: the send queues of its zones (EPM_ZONES; all where it is empty) and the common queues."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            queues = ",".join([*send_queues(), *COMMON_QUEUES])
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        beat("starting")
        celery = str(Path(sys.executable).with_name("celery"))
        arguments = ["--quiet", "--app", "project", "worker", "--queues", queues, "--loglevel", "WARNING"]
        arguments += ["--concurrency", str(settings.EPM_WORKER_PROCESSES), "-Ofair"]
        arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        os.execv(celery, [celery, *arguments])
