"""Doors of this room."""

from celery import shared_task

from email_processor.inbound import sealing, settling


@shared_task
def classify_due() -> None:
    """Settle every mail that waits to be classified."""
    settling.classify_due()


@shared_task
def seal_due() -> None:
    """Put every new receipt into its application's chain."""
    sealing.seal_due()
