"""The whole story of a message, recipient by recipient: what the console shows and getEmailStatus answers.

A fixed number of queries, however many recipients there are. Rows stay rows: whoever shows them chooses the form; `Entry` only
puts them in one order and gives each a sentence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from email_processor.models import Attachment, DeliveryReceipt, Event, Message, Recipient, Session, Turn
from notifications.models import Notification, NotificationAttempt

Row = Event | DeliveryReceipt | NotificationAttempt | Turn
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, in words. `kind` is event, receipt, notification or turn; `row` is what it was told from."""

    at: datetime
    kind: str
    title: str
    row: Row


@dataclass(frozen=True, slots=True)
class RecipientStory:
    """What happened to one recipient, each list in the order it happened. Notifications have their `tries` at hand."""

    recipient: Recipient
    events: Sequence[Event]
    receipts: Sequence[DeliveryReceipt]
    notifications: Sequence[Notification]

    @property
    def entries(self) -> list[Entry]:
        """Everything in one order, oldest first."""
        told = (_told(notification, attempt) for notification in self.notifications for attempt in _tries(notification))
        found = [*map(_happened, self.events), *map(_reported, self.receipts), *told]
        return sorted(found, key=lambda entry: entry.at)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A message, its recipients' stories, and the sessions of the Email Browser it belongs to, with their turns at hand."""

    message: Message
    attachments: Sequence[Attachment]
    recipients: Sequence[RecipientStory]
    sessions: Sequence[Session]

    @property
    def turns(self) -> list[Entry]:
        """The turns of all sessions, oldest first."""
        taken = [_taken(turn) for session in self.sessions for turn in session.turns.all()]
        return sorted(taken, key=lambda entry: entry.at)


def timeline(message: Message, *, only: Recipient | None = None) -> Timeline:
    """The story of `message`: of all its recipients, or of `only` one of them."""
    recipients = message.recipients.order_by("pk")
    if only is not None:
        recipients = recipients.filter(pk=only.pk)
    mine = recipients.order_by().values("pk")
    events = _by(Event.objects.filter(recipient__in=mine).order_by("recipient", "sequence"), "recipient_id")
    receipts = _by(DeliveryReceipt.objects.filter(recipient__in=mine).order_by("id"), "recipient_id")
    told = Notification.objects.filter(subject__in=mine).order_by("subject", "sequence").prefetch_related("tries")
    notifications = _by(told, "subject")
    return Timeline(
        message=message,
        attachments=list(message.attachments.order_by("pk")),
        recipients=[
            RecipientStory(recipient, events[recipient.pk], receipts[recipient.pk], notifications[recipient.pk])
            for recipient in recipients
        ],
        sessions=_sessions(message),
    )


def _sessions(message: Message) -> list[Session]:
    """The session that sent it, and those that its receipts launched."""
    mine = Session.objects.filter(Q(pk=message.session_id) | Q(about=message)).order_by("pk")
    return list(mine.select_related("application__zone").prefetch_related("turns"))


def _by(rows: Iterable[T], field: str) -> defaultdict[UUID, list[T]]:
    groups: defaultdict[UUID, list[T]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, field)].append(row)
    return groups


def _tries(notification: Notification) -> Iterable[NotificationAttempt]:
    return notification.tries.all()


def _happened(event: Event) -> Entry:
    smtp = event.data.get("smtp") or {}
    said = " ".join(str(smtp[part]) for part in ("code", "enhanced", "text", "host") if smtp.get(part))
    details = (said, event.data.get("why", ""), event.data.get("not_applied", ""))
    return Entry(event.at, "event", _sentence(event.get_type_display(), *details), event)


def _reported(receipt: DeliveryReceipt) -> Entry:
    found = f"{receipt.action or 'report'} {receipt.status}".strip()
    matched = f"matched by {receipt.get_matched_by_display().lower()}"
    title = _sentence(f"Delivery receipt {found}", receipt.explanation, matched, receipt.note)
    return Entry(receipt.received_at, "receipt", title, receipt)


def _told(notification: Notification, attempt: NotificationAttempt) -> Entry:
    outcome = attempt.problem or f"{attempt.status} in {attempt.duration:.2f} s"
    title = f"Notification {notification.type}, try {attempt.number}"
    return Entry(attempt.at, "notification", _sentence(title, attempt.url, outcome), attempt)


def _taken(turn: Turn) -> Entry:
    outcome = turn.problem or (f"answered {turn.status}" if turn.answered_at else "not yet answered")
    return Entry(turn.created_at, "turn", _sentence(f"Turn {turn.number}", outcome), turn)


def _sentence(title: str, *details: str) -> str:
    return "; ".join([title, *(detail for detail in details if detail)])
