from celery import shared_task

from notifications import dispatching


@shared_task
def tell_due() -> int:
    """Tell applications what is due to be told."""
    return dispatching.tell_due()
