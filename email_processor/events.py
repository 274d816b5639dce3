"""From what happened to a recipient to what its application is told (contract.md 6). Only this module talks to notifications."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from email_processor.models import EventType, Message, Recipient
from epm.models import Application
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


@dataclass(slots=True)
class Standing:
    """What a move reads and writes of a recipient, and its application."""

    id: UUID
    address: str
    sandbox: bool
    application: Application | None
    state: str
    attempts: int
    events_count: int
    told_count: int


@dataclass(frozen=True, slots=True)
class Happening:
    """An Event that is being written, and its recipient."""

    recipient: Standing
    type: EventType
    sequence: int
    state: str
    at: datetime
    data: Mapping[str, Any]


class _About(NamedTuple):
    """What is told of a recipient's message."""

    id: UUID
    message_id_header: str
    ucid: str
    session_id: UUID | None
    caller_session: str
    tags: list[str]
    metadata: dict[str, Any]
    subject: str
    recipient_metadata: dict[str, Any]


def publish(happenings: Sequence[Happening]) -> None:
    """Queue the news of `happenings` in the current transaction, numbered along each recipient (`told_count` is counted up)."""
    told = [happening for happening in happenings if _is_told(happening)]
    if told:
        about = _about({happening.recipient.id for happening in told})
        publish_news([_news(happening, about[happening.recipient.id]) for happening in told])


def message_payload(message: Message, recipient: Recipient) -> dict[str, Any]:
    """The `message` of contract.md 6, as one recipient's application sees it."""
    return _payload(
        _About(
            message.pk,
            message.message_id_header,
            message.ucid,
            message.session_id,
            message.caller_session,
            message.tags,
            message.metadata,
            message.subject,
            recipient.metadata,
        )
    )


def _is_told(happening: Happening) -> bool:
    application = happening.recipient.application
    if application is None or not application.notification_url:
        return False
    # That the server took the mail is told even where a report was faster and the state has moved on.
    if "not_applied" in happening.data and happening.type is not EventType.SENT:
        return False
    return happening.type in ALWAYS or (happening.type in FROM_REPORTS and application.supports_delivery)


def _about(keys: Collection[UUID]) -> dict[UUID, _About]:
    rows = Recipient.objects.filter(pk__among=keys).values_list(
        "pk",
        "message_id",
        "message__message_id_header",
        "message__ucid",
        "message__session_id",
        "message__caller_session",
        "message__tags",
        "message__metadata",
        "message__subject",
        "metadata",
    )
    return {key: _About(*columns) for key, *columns in rows}


def _news(happening: Happening, about: _About) -> News:
    recipient = happening.recipient
    assert recipient.application is not None
    recipient.told_count += 1
    return News(
        application=recipient.application,
        type=f"email.{happening.type}",
        subject=recipient.id,
        sequence=recipient.told_count,
        at=happening.at,
        payload={
            "message": _payload(about),
            "recipient": {"id": str(recipient.id), "address": recipient.address, "state": happening.state},
            **_without_transcript(happening.data),
        },
    )


def _without_transcript(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The transcript is for those who look after the mail, not for every notification."""
    if "transcript" not in data.get("smtp", {}):
        return data
    return {**data, "smtp": {name: value for name, value in data["smtp"].items() if name != "transcript"}}


def _payload(about: _About) -> dict[str, Any]:
    return {
        "id": str(about.id),
        "message_id_header": about.message_id_header,
        "ucid": about.ucid,
        "session_id": str(about.session_id or about.caller_session),
        "tag": about.tags,
        "metadata": {**about.metadata, **about.recipient_metadata},
        "subject": about.subject,
    }
