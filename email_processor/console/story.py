"""The entries of `email_processor.timeline` made ready to be drawn: a symbol, a title, and the details of each kind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from email_processor.console import mail_files, words
from email_processor.models import DeliveryReceipt, Event, EventType, InboundMessage, Turn
from email_processor.timeline import Entry, RecipientStory, Timeline
from epm.console.links import change_url
from epm.console.shown import BAD, GOOD, QUIET, UNDER_WAY, WAITING
from notifications.console import body_text, outcome_tone
from notifications.models import Notification, NotificationAttempt


@dataclass(frozen=True, slots=True)
class Drawn:
    """One entry of the page. `template` shows `row` and `extra` below the title."""

    at: datetime
    tone: str
    symbol: str
    title: str
    template: str
    row: Any
    extra: dict[str, Any] = field(default_factory=dict)


def entries(told: Timeline, mine: RecipientStory) -> list[Drawn]:
    """One recipient's story with the turns of the sessions around it, oldest first."""
    raw = _raw_reports(mine.receipts)
    turns = [entry for entry in told.turns if _is_about(entry, mine)]
    drawn = [_draw(entry, raw) for entry in [*mine.entries, *turns]]
    waiting = [_not_yet_told(n) for n in mine.notifications if not n.tries.all()]
    return sorted([*drawn, *waiting], key=lambda entry: entry.at)


def _is_about(entry: Entry, mine: RecipientStory) -> bool:
    """A turn for a receipt of another recipient of the same mail belongs to that one's story."""
    assert isinstance(entry.row, Turn)
    whom = entry.row.event.get("recipient", {}).get("id")
    return whom in (None, str(mine.recipient.pk))


def _raw_reports(receipts: Iterable[DeliveryReceipt]) -> dict[Any, Any]:
    """The raw mails behind the receipts, in one query."""
    ids = {receipt.inbound_id for receipt in receipts}
    return dict(InboundMessage.objects.filter(pk__in=ids).values_list("pk", "raw")) if ids else {}


def _draw(entry: Entry, raw: dict[Any, Any]) -> Drawn:
    row = entry.row
    if isinstance(row, Event):
        return _event(row)
    if isinstance(row, DeliveryReceipt):
        return _receipt(row, raw[row.inbound_id])
    if isinstance(row, NotificationAttempt):
        return _attempt(row)
    return turn(row)


def _event(event: Event) -> Drawn:
    tone, symbol = words.EVENTS[EventType(event.type)]
    return Drawn(event.at, tone, symbol, event.get_type_display(), "email_processor/entries/event.html", event)


def _receipt(receipt: DeliveryReceipt, raw: bytes) -> Drawn:
    tone = words.ACTIONS.get(receipt.action.lower(), QUIET)
    title = f"Delivery receipt: {receipt.action or 'no report'} {receipt.status}".strip()
    extra = {
        "raw": mail_files.as_text(raw),
        "file": reverse("admin:email_processor_inboundmessage_source", args=[receipt.inbound_id]),
        "page": change_url(receipt),
    }
    return Drawn(
        receipt.received_at, tone, "receipt_long", title, "email_processor/entries/receipt.html", receipt, extra
    )


def _attempt(attempt: NotificationAttempt) -> Drawn:
    notification = attempt.notification
    title = f"Told the application: {notification.type}"
    extra = {"body": body_text(notification), "page": change_url(notification)}
    template = "email_processor/entries/attempt.html"
    return Drawn(attempt.at, outcome_tone(attempt), "notifications", title, template, attempt, extra)


def _not_yet_told(notification: Notification) -> Drawn:
    title = f"To be told to the application: {notification.type}"
    extra = {"body": body_text(notification), "page": change_url(notification)}
    template = "email_processor/entries/pending.html"
    return Drawn(notification.created_at, WAITING, "notifications", title, template, notification, extra)


def turn(row: Turn) -> Drawn:
    """One exchange of the Email Browser with an application."""
    tone = BAD if row.problem else GOOD if row.answered_at else UNDER_WAY
    title = f"Email Browser, turn {row.number}"
    extra = {"page": change_url(row.session)}
    return Drawn(row.created_at, tone, "language", title, "email_processor/entries/turn.html", row, extra)
