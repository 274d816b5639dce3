"""The web process. Addresses come from the settings; launchEmail waits for applications, hence threads."""

from typing import Any

import django
from django.conf import settings

# The worker tells problems in the words of the interface.
django.setup()

bind = f"{settings.EPM_WEB_HOST}:{settings.EPM_WEB_PORT}"
workers = settings.EPM_WEB_WORKERS
worker_class = "project.web.Worker"
threads = 16
timeout = 120
graceful_timeout = 10
keepalive = 30
preload_app = True
control_socket_disable = True
# SCRIPT_NAME as a header, which gunicorn takes from this machine, would move every address past the rules of a proxy here.
forwarder_headers = ""
loglevel = "warning"


def child_exit(server: Any, worker: Any) -> None:
    """What it held is gone."""
    worker.part.give_up()
