"""What reports, read reports and complaints say, in one form: the columns of a DeliveryReceipt, block by block.

Normalised once, here; the literal fields stay beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import CharField, TextField

from email_processor.inbound.dsn import Action, Complaint, ReadReport, Report, ReportedRecipient
from email_processor.inbound.dsn.reasons import explain
from email_processor.inbound.dsn.report import Fields
from email_processor.models import DeliveryReceipt, EventType, Evidence, State

READ, UNREAD, COMPLAINED, FEEDBACK = "read", "unread", "complained", "feedback"
"""Actions beside those of RFC 3464 2.3.3: what a reader's program, or a mailbox provider, says of a delivered mail."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action means for a recipient; without a state `to` it is an Event only."""

    event: EventType
    to: State | None
    evidence: Evidence


EFFECTS: Mapping[str, Effect] = {
    Action.DELIVERED: Effect(EventType.DELIVERED, State.DELIVERED, Evidence.REPORTED),
    Action.RELAYED: Effect(EventType.RELAYED, State.RELAYED, Evidence.RELAYED),
    Action.FAILED: Effect(EventType.BOUNCED, State.BOUNCED, Evidence.REPORTED),
    # Some server has the mail, and is still trying.
    Action.DELAYED: Effect(EventType.DELAYED, None, Evidence.ACCEPTED),
    Action.EXPANDED: Effect(EventType.EXPANDED, None, Evidence.REPORTED),
    READ: Effect(EventType.READ, None, Evidence.READ),
    COMPLAINED: Effect(EventType.COMPLAINED, None, Evidence.REPORTED),
}
"""An action that is missing says nothing that an application waits for: it is recorded only."""

DISPLAYED = "The reader's mail program says that the mail was shown."
UNWANTED = "The recipient called the mail unwanted. Send nothing more to this address that was not asked for."
NOT_UNWANTED = frozenset({"not-spam", "auth-failure"})
"""Feedback (RFC 5965 7.3, RFC 6591 3.1) that is no complaint of a recipient's."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is said about one recipient: columns of DeliveryReceipt, safe to store. `note` says why it has no effect, if so."""

    action: str
    final_recipient: str
    original_recipient: str
    columns: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A mail's blocks, and the keys it brings to find whose they are. `return_paths` are those it quotes as proof.

    `of_server`: a delivery report; `of_reader`: a read report; neither: a complaint.
    """

    blocks: tuple[Block, ...]
    envelope_id: str = ""
    message_id: str = ""
    headers: Fields = ()
    return_paths: tuple[str, ...] = ()
    of_reader: bool = False
    of_server: bool = False


def statement_of(said: Report | ReadReport | Complaint) -> Statement:
    """The common form of what was read from a mail."""
    if isinstance(said, ReadReport):
        return _of_read_report(said)
    if isinstance(said, Complaint):
        return _of_complaint(said)
    return _of_report(said)


def _of_report(report: Report) -> Statement:
    common = {
        "reporting_mta": _text("reporting_mta", report.reporting_mta),
        "received_from_mta": _text("received_from_mta", report.received_from_mta),
        "dsn_gateway": _text("dsn_gateway", report.dsn_gateway),
        "envelope_id": _text("envelope_id", report.original_envelope_id),
        "original_message_id": _text("original_message_id", report.original_message_id),
        "arrival": report.arrival_date,
        "report_fields": _fields(report.fields),
    }
    return Statement(
        tuple(_block(one, common) for one in report.recipients),
        report.original_envelope_id,
        report.original_message_id,
        report.original_headers,
        of_server=True,
    )


def _block(reported: ReportedRecipient, common: Mapping[str, Any]) -> Block:
    action, reason = reported.action, reported.reason
    if reported.handed_on:
        action, reason = Action.RELAYED, explain(reported.status, "", Action.RELAYED)
    texts = {
        "action": action.value,
        "status": reported.status,
        "diagnostic": reported.diagnostic_code,
        "reason": reason.word,
        "explanation": reason.explanation,
        "final_recipient": reported.final_recipient,
        "original_recipient": reported.original_recipient,
        "remote_mta": reported.remote_mta,
        "final_log_id": reported.final_log_id,
    }
    columns = {
        **common,
        **{name: _text(name, value) for name, value in texts.items()},
        "hard": reason.permanent,
        "last_attempt": reported.last_attempt_date,
        "will_retry_until": reported.will_retry_until,
        "recipient_fields": _fields(reported.fields),
    }
    return Block(action.value, reported.final_recipient, reported.original_recipient, columns)


def _of_read_report(said: ReadReport) -> Statement:
    note = _why_unread(said)
    texts = {
        "action": UNREAD if note else READ,
        "diagnostic": "/".join([said.disposition, *said.modifiers]),
        "explanation": "" if note else DISPLAYED,
        "final_recipient": said.final_recipient,
        "original_recipient": said.original_recipient,
        "original_message_id": said.original_message_id,
    }
    columns = {name: _text(name, value) for name, value in texts.items()} | {"recipient_fields": _fields(said.fields)}
    block = Block(texts["action"], said.final_recipient, said.original_recipient, columns, note)
    return Statement((block,), "", said.original_message_id, said.original_headers, of_reader=True)


def _why_unread(said: ReadReport) -> str:
    """Empty where a person's program showed the mail (RFC 8098 3.2.6)."""
    if said.disposition != "displayed":
        return (
            f"The reader's program says that the mail was {said.disposition or 'disposed of'}, not that it was shown."
        )
    return "A program opened the mail by itself: that says nothing about a reader." if said.automatic else ""


def _of_complaint(said: Complaint) -> Statement:
    is_complaint = said.feedback_type not in NOT_UNWANTED
    note = "" if is_complaint else f"Feedback of type {said.feedback_type} is no complaint of a recipient's."
    texts = {
        "action": COMPLAINED if is_complaint else FEEDBACK,
        "diagnostic": said.feedback_type,
        "reason": "complaint" if is_complaint else "",
        "explanation": UNWANTED if is_complaint else "",
        "reporting_mta": said.reporting_mta,
        "envelope_id": said.original_envelope_id,
        "original_message_id": said.original_message_id,
    }
    common = {name: _text(name, value) for name, value in texts.items()} | {"report_fields": _fields(said.fields)}
    blocks = (
        Block(texts["action"], one, "", {**common, "final_recipient": _text("final_recipient", one)}, note)
        for one in said.recipients or ("",)
    )
    return Statement(
        tuple(blocks),
        said.original_envelope_id,
        said.original_message_id,
        said.original_headers,
        _quoted_return_paths(said),
    )


def _quoted_return_paths(said: Complaint) -> tuple[str, ...]:
    """Under which return path the provider took the mail (RFC 5965 3.2), or says so in the mail it returns."""
    quoted = [value for name, value in said.fields if name.lower() == "original-mail-from"]
    quoted += [value for name, value in said.original_headers if name.lower() == "return-path"]
    return tuple(value.strip().strip("<>") for value in quoted)


def _fields(fields: Fields) -> list[list[str]]:
    return [[_storable(name), _storable(value)] for name, value in fields]


def _text(column: str, value: str) -> str:
    return _storable(value)[: _room(column)]


def _storable(text: str) -> str:
    """Anybody may write a report: PostgreSQL stores neither NUL nor half a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@cache
def _room(column: str) -> int | None:
    """Characters a text column takes; None for any number."""
    found = DeliveryReceipt._meta.get_field(column)
    assert isinstance(found, CharField | TextField)
    return found.max_length
