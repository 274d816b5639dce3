import os

from celery import Celery

from project.zones import WatchZones

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("epm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["notifications", "email_processor.outbound", "email_processor.inbound", "email_processor.browser"], force=False
)
app.steps["consumer"].add(WatchZones)
