"""Why a recipient stands where it stands: the last that was said about it, as one sentence for a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from email_processor.inbound.dsn import Action
from email_processor.inbound.dsn.reasons import explain
from email_processor.models import DeliveryReceipt, Event, EventType, Recipient, State
from epm.console.links import change_url

_TELLING: Mapping[State, tuple[EventType, ...]] = {
    State.DEFERRED: (EventType.DEFERRED,),
    State.FAILED: (EventType.FAILED,),
    State.EXPIRED: (EventType.EXPIRED, EventType.DEFERRED),
    State.IN_DOUBT: (EventType.IN_DOUBT,),
    State.HELD: (EventType.HELD,),
    State.CANCELLED: (EventType.CANCELLED,),
    State.SUPPRESSED: (EventType.SUPPRESSED,),
    State.SENT: (EventType.DELAYED,),
    State.RELAYED: (EventType.RELAYED,),
    State.BOUNCED: (EventType.BOUNCED,),
}
"""Whose last words count in each state."""

UNPROVEN = "A report did come that proves nothing, and waits in quarantine for somebody to decide. It says “{action}”. {meaning}"


@dataclass(frozen=True, slots=True)
class Why:
    """`answer` are the server's own words, `page` leads to a report that waits for a decision; both may be empty."""

    sentence: str
    answer: str = ""
    page: str = ""


def whys(recipients: Iterable[Recipient], events: Iterable[Event] | None = None) -> dict[UUID, Why]:
    """By recipient, of those about whom there is something to say. Two queries for all of them; one, if `events` are theirs."""
    rows = {one.pk: one for one in recipients if State(one.state) in _TELLING}
    found: dict[UUID, Why] = {}
    if events is None:
        events = Event.objects.filter(recipient__in=rows).order_by("recipient", "sequence")
    for event in events if rows else ():
        if event.type in _TELLING[State(rows[event.recipient_id].state)] and (why := _of(event)):
            found[event.recipient_id] = why
    waiting = DeliveryReceipt.objects.filter(
        likely_recipient__in=rows, recipient__isnull=True, dismissed_at__isnull=True
    )
    for receipt in waiting.order_by("pk"):
        assert receipt.likely_recipient_id is not None
        sentence = UNPROVEN.format(action=receipt.action or "something", meaning=receipt.explanation).strip()
        found[receipt.likely_recipient_id] = Why(sentence, receipt.diagnostic, change_url(receipt))
    return found


def _of(event: Event) -> Why | None:
    receipt, smtp, why = event.data.get("receipt"), event.data.get("smtp"), event.data.get("why", "")
    if receipt:
        return Why(why or receipt.get("explanation", ""), receipt.get("diagnostic", ""))
    if smtp:
        return Why(why or _explained(smtp, EventType(event.type)), _answer(smtp))
    return Why(why) if why else None


def _explained(smtp: Mapping[str, Any], type: EventType) -> str:
    action = Action.DELAYED if type is EventType.DEFERRED else Action.FAILED
    return explain(smtp.get("enhanced") or "", _answer(smtp), action).explanation


def _answer(smtp: Mapping[str, Any]) -> str:
    return f"{smtp.get('code') or ''} {smtp.get('text') or ''}".strip()
