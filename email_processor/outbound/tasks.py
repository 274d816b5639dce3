from typing import Any

from celery import shared_task
from celery.signals import worker_process_shutdown

from email_processor.outbound import pool, queue, sending, tls_reporting
from lib.doorbell import ring


@shared_task
def send_due(zone_name: str) -> None:
    """Send what is due in a zone. Rung on the queue `send.<zone>` (project/queues.py)."""
    sending.drain(zone_name)


@shared_task
def sweep() -> None:
    """Settle what dead workers left behind and ring for every zone that has due work."""
    for zone_name in queue.sweep():
        ring(send_due, zone_name)


@shared_task
def forget_old_tls_sessions() -> None:
    """Delete what was counted for TLS reports of long ago."""
    tls_reporting.forget_old()


@worker_process_shutdown.connect
def _hang_up(**details: Any) -> None:
    """A polite goodbye to the servers."""
    pool.hang_up()
