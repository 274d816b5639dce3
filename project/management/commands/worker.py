import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from epm.models import Zone

COMMON_QUEUES = ("intake", "notify", "browse", "housekeeping")


class Command(BaseCommand):
    help = (
        "Runs a Celery worker: the send queues of its zones (EPM_ZONES; all where it is empty) and the common queues."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        queues = ",".join([*(f"send.{name}" for name in _zone_names()), *COMMON_QUEUES])
        celery = str(Path(sys.executable).with_name("celery"))
        arguments = ["--app", "project", "worker", "--queues", queues, "--loglevel", "WARNING"]
        arguments += ["--concurrency", str(settings.EPM_WORKER_PROCESSES), "-Ofair"]
        arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        os.execv(celery, [celery, *arguments])


def _zone_names() -> list[str]:
    known = list(Zone.objects.values_list("name", flat=True))
    unknown = set(settings.EPM_ZONES) - set(known)
    if unknown:
        raise CommandError(
            f"EPM_ZONES names no such zone: {', '.join(sorted(unknown))}. There are: {', '.join(known)}."
        )
    return settings.EPM_ZONES or known
