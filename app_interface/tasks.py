from celery import shared_task

from app_interface import idempotency


@shared_task
def forget_lapsed_keys() -> None:
    """Delete the idempotency keys that count no more."""
    idempotency.forget_lapsed()
