"""Doors of this room."""

from celery import shared_task

from email_processor.inbound import settling


@shared_task
def classify_due() -> None:
    """Settle every mail that waits to be classified."""
    settling.classify_due()
