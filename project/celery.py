import os

from celery import Celery

from lib import file_broker
from project.queues import WatchZones

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

file_broker.register()
app = Celery("epm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["notifications", "email_processor.outbound", "email_processor.inbound", "email_processor.browser"], force=False
)
app.steps["consumer"].add(WatchZones)
