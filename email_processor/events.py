"""From what happened to a recipient to what its application is told (contract.md 6). Only this module talks to notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from email_processor.models import Event, EventType, Message, Recipient
from notifications.publishing import News
from notifications.publishing import publish as publish_news

ALWAYS = frozenset(
    {
        EventType.SENT,
        EventType.DEFERRED,
        EventType.FAILED,
        EventType.EXPIRED,
        EventType.IN_DOUBT,
        EventType.CANCELLED,
    }
)
"""Told to every Notification URL."""

FROM_REPORTS = frozenset(
    {
        EventType.DELIVERED,
        EventType.RELAYED,
        EventType.EXPANDED,
        EventType.DELAYED,
        EventType.BOUNCED,
        EventType.COMPLAINED,
        EventType.READ,
        EventType.OVERDUE,
    }
)
"""Told where the application's message types include Delivery."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An Event and its recipient, with message and application at hand."""

    recipient: Recipient
    event: Event


def publish(happenings: Sequence[Happening]) -> None:
    """Queue the news of `happenings` in the current transaction, numbered along each recipient (`told_count` is counted up)."""
    publish_news([_news(happening) for happening in happenings if _is_told(happening)])


def _is_told(happening: Happening) -> bool:
    application, type = happening.recipient.application, EventType(happening.event.type)
    if application is None or not application.notification_url or "not_applied" in happening.event.data:
        return False
    return type in ALWAYS or (type in FROM_REPORTS and application.supports_delivery)


def _news(happening: Happening) -> News:
    recipient, event = happening.recipient, happening.event
    assert recipient.application is not None
    recipient.told_count += 1
    return News(
        application=recipient.application,
        type=f"email.{event.type}",
        subject=recipient.pk,
        sequence=recipient.told_count,
        at=event.at,
        payload={
            "message": message_payload(recipient.message, recipient),
            "recipient": {"id": str(recipient.pk), "address": recipient.address, "state": recipient.state},
            **event.data,
        },
    )


def message_payload(message: Message, recipient: Recipient) -> dict[str, Any]:
    """The `message` of contract.md 6, as one recipient's application sees it."""
    return {
        "id": str(message.pk),
        "message_id_header": message.message_id_header,
        "ucid": message.ucid,
        "session_id": str(message.session_id or message.caller_session),
        "tag": message.tags,
        "metadata": {**message.metadata, **recipient.metadata},
        "subject": message.subject,
    }
