"""Telling again what was told, given up or stopped."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from lib.doorbell import ring
from notifications.models import Notification, NotificationState
from notifications.tasks import tell_due


def replay(keys: Collection[UUID]) -> int:
    """Put notifications at the head of their queue, whatever became of them before; says how many those were.

    Their schedule of retries begins anew; the numbers of their attempts go on.
    """
    with transaction.atomic():
        count = Notification.objects.filter(pk__in=keys).update(
            state=NotificationState.PENDING,
            due_at=timezone.now(),
            claim=None,
            settled_at=None,
            attempts=0,
            attempts_before=F("attempts_before") + F("attempts"),
        )
        ring(tell_due)
    return count
