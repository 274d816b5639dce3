"""The web process. Addresses come from the settings; launchEmail waits for applications, hence threads."""

from django.conf import settings

bind = f"{settings.EPM_WEB_HOST}:{settings.EPM_WEB_PORT}"
workers = settings.EPM_WEB_WORKERS
worker_class = "gthread"
threads = 16
timeout = 120
graceful_timeout = 10
keepalive = 30
preload_app = True
control_socket_disable = True
loglevel = "warning"
