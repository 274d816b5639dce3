"""A day of mail, for the dashboard's chart to have something to draw."""

import math
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from email_processor.models import Message, Recipient, State
from epm.models import Application
from tests import factories

MIX = (
    *[State.DELIVERED] * 14,
    *[State.SENT] * 3,
    State.RELAYED,
    State.BOUNCED,
    State.FAILED,
)


def make_busy_day(application: Application) -> int:
    """Recipients of mail accepted in each of the last 24 hours, more by day than by night; says how many."""
    this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return sum(_make_hour(application, this_hour - timedelta(hours=n)) for n in range(1, 24))


def _make_hour(application: Application, hour: datetime) -> int:
    count = int(30 + 26 * math.sin((hour.hour - 8) / 24 * 2 * math.pi)) + hour.hour % 5
    message = factories.make_message(application.zone, "first@example.net", application=application)
    Message.objects.filter(pk=message.pk).update(accepted_at=hour)
    message.recipients.all().delete()
    Recipient.objects.bulk_create(
        Recipient(
            id=id_made_at(hour, n),
            message=message,
            zone=application.zone,
            application=application,
            address=f"customer{n}@example.net",
            state=MIX[(n * 7 + hour.hour) % len(MIX)],
            state_at=hour,
            expire_at=message.expire_at,
        )
        for n in range(count)
    )
    return count


def id_made_at(at: datetime, n: int) -> UUID:
    """The `n`th UUIDv7 (RFC 9562 5.7) of that moment."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | n)
