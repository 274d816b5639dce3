"""Rows as callers see them: the JSON of messages, recipients, receipts, notifications and sessions."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app_interface.problems import Kind
from email_processor.models import (
    Attachment,
    DeliveryReceipt,
    Event,
    Message,
    Priority,
    Recipient,
    Session,
    Suppression,
    Turn,
)
from email_processor.outbound.expectation import expected_receipts, ways_of
from email_processor.timeline import Entry, RecipientStory
from epm import dkim_keys
from epm.models import DkimKey
from notifications.models import Notification, NotificationAttempt

Shape = dict[str, Any]


def message(row: Message, attachments: Sequence[Attachment], recipients: Sequence[Recipient]) -> Shape:
    """A message; `summary` counts its recipients by state."""
    return {
        "id": str(row.pk),
        "message_id_header": row.message_id_header,
        "zone": row.zone.name,
        "application": str(row.application) if row.application else None,
        "connection": row.connection.name if row.connection else None,
        "from": row.from_header,
        "subject": row.subject,
        "ucid": row.ucid,
        "session_id": str(row.session_id) if row.session_id else None,
        "caller_session_id": row.caller_session,
        "parent_id": row.parent,
        "tag": row.tags,
        "metadata": row.metadata,
        "priority": Priority(row.priority).label,
        "accepted_at": moment(row.accepted_at),
        "send_at": moment(row.send_at),
        "expire_at": moment(row.expire_at),
        "tell_by": moment(row.tell_by),
        "sandbox": row.sandbox,
        "in_doubt": row.in_doubt_policy,
        "envid": row.envid,
        "ret": row.ret,
        "size": row.size,
        "smtputf8": row.smtputf8,
        "attachments": [
            {"file_name": a.file_name, "content_type": a.content_type, "size": a.size, "url": a.url or None}
            for a in attachments
        ],
        "summary": dict(sorted(Counter(recipient.state for recipient in recipients).items())),
    }


def recipient(row: Message, story: RecipientStory) -> Shape:
    """A recipient of message `row` with all that happened to it."""
    who = story.recipient
    return {
        "id": str(who.pk),
        "address": who.address,
        "name": who.name,
        "kind": who.kind,
        "state": who.state,
        "state_at": moment(who.state_at),
        "next_try_at": moment(who.due_at),
        "attempts": who.attempts,
        "notify": who.notify,
        "orcpt": who.orcpt,
        "metadata": who.metadata,
        "expected_receipts": expected_receipts(ways_of(row), who.notify),
        "events": [event(item) for item in story.events],
        "receipts": [receipt(item) for item in story.receipts],
        "notifications": [notification(item) for item in story.notifications],
        "timeline": [entry(item) for item in story.entries],
    }


def event(row: Event) -> Shape:
    """An event; `data` is {smtp}, {receipt} or {why} (contract.md 6)."""
    return {"sequence": row.sequence, "type": row.type, "state": row.state, "at": moment(row.at), "data": row.data}


def found(row: Recipient) -> Shape:
    """A recipient as search finds it, with what one wants to see of its message."""
    message = row.message
    return {
        "message_id": str(message.pk),
        "id": str(row.pk),
        "address": row.address,
        "kind": row.kind,
        "state": row.state,
        "state_at": moment(row.state_at),
        "application": str(row.application) if row.application else None,
        "from": message.from_header,
        "subject": message.subject,
        "ucid": message.ucid,
        "tag": message.tags,
        "accepted_at": moment(message.accepted_at),
    }


_RECEIPT_TEXTS = (
    "matched_by",
    "evidence",
    "applied",
    "note",
    "action",
    "status",
    "diagnostic",
    "reason",
    "hard",
    "explanation",
    "final_recipient",
    "original_recipient",
    "remote_mta",
    "final_log_id",
    "reporting_mta",
    "received_from_mta",
    "dsn_gateway",
    "envelope_id",
    "original_message_id",
    "report_fields",
    "recipient_fields",
)
_RECEIPT_MOMENTS = ("received_at", "arrival", "last_attempt", "will_retry_until")


def receipt(row: DeliveryReceipt) -> Shape:
    """A delivery receipt record, whole."""
    return {
        "id": str(row.pk),
        "recipient_id": str(row.recipient_id) if row.recipient_id else None,
        **{name: getattr(row, name) for name in _RECEIPT_TEXTS},
        **{name: moment(getattr(row, name)) for name in _RECEIPT_MOMENTS},
    }


def notification(row: Notification) -> Shape:
    """A notification with every try to tell it."""
    return {
        "id": str(row.pk),
        "type": row.type,
        "sequence": row.sequence,
        "state": row.state,
        "created_at": moment(row.created_at),
        "settled_at": moment(row.settled_at),
        "next_try_at": moment(row.due_at),
        "attempts": [attempt(item) for item in row.tries.all()],
    }


def receipt_of_message(row: DeliveryReceipt) -> Shape:
    """A receipt with the message it belongs to."""
    assert row.recipient is not None
    return {"message_id": str(row.recipient.message_id), **receipt(row)}


def notification_of_application(row: Notification) -> Shape:
    """A notification and whose it is; `subject` is the recipient it is about."""
    return {"application": str(row.application), "subject": str(row.subject), **notification(row)}


def told(row: Notification) -> Shape:
    """What was or will be pushed."""
    body: Shape = json.loads(bytes(row.body))
    return body


def suppression(row: Suppression) -> Shape:
    """An entry of the suppression list."""
    return {
        "id": str(row.pk),
        "address": row.address,
        "application": f"{row.zone}:{row.application.name}" if row.application else None,
        "source": row.source,
        "reason": row.reason,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
    }


def signing_key(row: DkimKey) -> Shape:
    """A signing key of a sender domain, with the DNS record that publishes it."""
    return {
        "id": str(row.pk),
        "algorithm": row.algorithm,
        "selector": row.selector,
        "state": row.state,
        "record": asdict(dkim_keys.record(row)),
        "created_at": moment(row.created_at),
        "published_at": moment(row.published_at),
        "activated_at": moment(row.activated_at),
        "retired_at": moment(row.retired_at),
    }


def attempt(row: NotificationAttempt) -> Shape:
    """One try to tell; `duration` in seconds."""
    return {
        "number": row.number,
        "at": moment(row.at),
        "url": row.url,
        "status": row.status,
        "problem": row.problem,
        "duration": row.duration,
        "answer": row.answer,
    }


def session(row: Session) -> Shape:
    """A run of an application by the Email Browser, with its turns."""
    return {
        "id": str(row.pk),
        "application": str(row.application),
        "type": row.type,
        "state": row.state,
        "parent": row.parent,
        "parameters": row.parameters,
        "variables": row.variables,
        "started_at": moment(row.started_at),
        "ended_at": moment(row.ended_at),
        "turns": [turn(item) for item in row.turns.all()],
    }


def turn(row: Turn) -> Shape:
    """One exchange with an application; `duration` in seconds."""
    return {
        "number": row.number,
        "created_at": moment(row.created_at),
        "answered_at": moment(row.answered_at),
        "attempts": row.attempts,
        "duration": row.duration,
        "status": row.status,
        "problem": row.problem,
        "event": row.event,
        "answer": row.answer,
        "results": row.results,
    }


def entry(row: Entry) -> Shape:
    """One line of a timeline."""
    return {"at": moment(row.at), "kind": row.kind, "title": row.title}


def problem_kind(row: Kind) -> Shape:
    """A row of the table of problems."""
    return asdict(row)


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
