"""Where news enters: rows written in the caller's own transaction, one doorbell after its commit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from epm.models import Application
from lib import bulk
from lib.doorbell import ring
from lib.ids import new_id
from notifications.models import Notification
from notifications.order import transaction_number
from notifications.tasks import tell_due


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell one application. `sequence` counts 1, 2, 3… along `subject`; `payload` is opaque here."""

    application: Application
    type: str
    subject: UUID
    sequence: int
    at: datetime
    payload: Mapping[str, Any]


_COLUMNS = ("id", "application_id", "type", "subject", "sequence", "body", "written_in", "created_at", "due_at")


def publish(news: Sequence[News]) -> None:
    """Queue `news` in the current transaction."""
    if not news:
        return
    number = transaction_number()
    bulk.insert(Notification, _COLUMNS, [_row(item, number) for item in news])
    ring(tell_due)


def _row(news: News, number: int) -> tuple[Any, ...]:
    id = new_id()
    return id, news.application.pk, news.type, news.subject, news.sequence, _body(id, news), number, news.at, news.at


def _body(id: UUID, news: News) -> bytes:
    envelope = {
        "id": str(id),
        "type": news.type,
        "timestamp": news.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "application": news.application.name,
        "zone": news.application.zone.name,
        "sequence": news.sequence,
        **news.payload,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
