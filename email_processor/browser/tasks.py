from celery import shared_task

from email_processor.browser import turns


@shared_task
def browse_due() -> int:
    """Take the turns that are due."""
    return turns.browse_due()
