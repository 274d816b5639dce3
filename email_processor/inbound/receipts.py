"""The stored record of what a report says, joined to its recipient, and what follows from it."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import CharField, TextField

from email_processor import lifecycle
from email_processor.browser.launching import schedule_receipt
from email_processor.inbound import matching
from email_processor.inbound.dsn import Action, Report, ReportedRecipient
from email_processor.inbound.dsn.report import Fields
from email_processor.inbound.matching import Match
from email_processor.inbound.payload import receipt_payload
from email_processor.lifecycle import Move, Moved
from email_processor.models import DeliveryReceipt, EventType, Evidence, InboundMessage, State

MOVES: dict[str, tuple[EventType, State | None]] = {
    Action.DELIVERED: (EventType.DELIVERED, State.DELIVERED),
    Action.RELAYED: (EventType.RELAYED, State.RELAYED),
    Action.FAILED: (EventType.BOUNCED, State.BOUNCED),
    Action.DELAYED: (EventType.DELAYED, None),
    Action.EXPANDED: (EventType.EXPANDED, None),
}
"""What each action (RFC 3464 2.3.3) does to its recipient."""

EVIDENCE: dict[str, Evidence] = {
    Action.DELIVERED: Evidence.REPORTED,
    Action.FAILED: Evidence.REPORTED,
    Action.EXPANDED: Evidence.REPORTED,
    Action.RELAYED: Evidence.RELAYED,
    Action.DELAYED: Evidence.ACCEPTED,  # some server has the mail, and is still trying
}

RELAYED = "The next server makes no reports: nobody will tell us more."
REPEATED = "The same report was recorded before."
UNREADABLE = "It came as delivery reports come, but no report on any recipient can be read from it."


def record(reports: Sequence[tuple[InboundMessage, Report]]) -> list[DeliveryReceipt]:
    """Store a DeliveryReceipt for each recipient's block of `reports` and let it take effect, all in one transaction.

    A receipt in quarantine, and one the state machine refuses, has no effect; its `note` says why.
    Raises IntegrityError where the blocks of a mail are recorded already.
    """
    with transaction.atomic():
        signed = matching.by_return_path(inbound for inbound, _ in reports)
        receipts = [
            _receipt(inbound, report, position, match)
            for inbound, report in reports
            for position, match in enumerate(matching.match(report, signed.get(inbound.pk)))
        ]
        effective = _apply(receipts)
        DeliveryReceipt.objects.bulk_create(receipts, batch_size=100)
        # Sessions are locked on the way: always in one order, so that two workers never wait for each other in a circle.
        for receipt in sorted(effective, key=_session):
            schedule_receipt(receipt)
    return receipts


def record_unreadable(inbound: InboundMessage) -> DeliveryReceipt:
    """Store a report that says nothing readable in quarantine, beside the recipient to whose return path it came."""
    match = matching.by_return_path([inbound]).get(inbound.pk)
    return DeliveryReceipt.objects.create(
        inbound=inbound,
        received_at=inbound.received_at,
        note=UNREADABLE,
        likely_recipient=match.recipient if match else None,
    )


def _receipt(inbound: InboundMessage, report: Report, position: int, match: Match) -> DeliveryReceipt:
    reported = report.recipients[position]
    receipt = DeliveryReceipt(
        inbound=inbound,
        position=position,
        recipient=match.recipient,
        likely_recipient=match.likely,
        application=match.recipient.application if match.recipient else None,
        received_at=inbound.received_at,
        matched_by=match.matched_by,
        evidence=EVIDENCE[reported.action] if match.recipient else Evidence.NONE,
        hard=reported.reason.permanent,
        last_attempt=reported.last_attempt_date,
        will_retry_until=reported.will_retry_until,
        arrival=report.arrival_date,
        report_fields=_storable_fields(report.fields),
        recipient_fields=_storable_fields(reported.fields),
    )
    for name, value in (_texts_of_report(report) | _texts_of_block(reported) | {"note": match.note}).items():
        setattr(receipt, name, _storable(value)[: _room(name)])
    return receipt


def _room(name: str) -> int | None:
    """Characters a text column takes; None for any number."""
    column = DeliveryReceipt._meta.get_field(name)
    assert isinstance(column, CharField | TextField)
    return column.max_length


def _texts_of_report(report: Report) -> dict[str, str]:
    return {
        "reporting_mta": report.reporting_mta,
        "received_from_mta": report.received_from_mta,
        "dsn_gateway": report.dsn_gateway,
        "envelope_id": report.original_envelope_id,
        "original_message_id": report.original_message_id,
    }


def _texts_of_block(reported: ReportedRecipient) -> dict[str, str]:
    return {
        "action": reported.action,
        "status": reported.status,
        "diagnostic": reported.diagnostic_code,
        "reason": reported.reason.word,
        "explanation": reported.reason.explanation,
        "final_recipient": reported.final_recipient,
        "original_recipient": reported.original_recipient,
        "remote_mta": reported.remote_mta,
        "final_log_id": reported.final_log_id,
    }


def _storable_fields(fields: Fields) -> list[list[str]]:
    return [[_storable(name), _storable(value)] for name, value in fields]


def _storable(text: str) -> str:
    """Anybody may write a report: PostgreSQL stores neither NUL nor half a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _apply(receipts: Sequence[DeliveryReceipt]) -> list[DeliveryReceipt]:
    """Advance the recipients, note on each receipt what became of it, and answer those that took effect."""
    matched = [receipt for receipt in receipts if receipt.recipient_id]
    repeated = _repeated(matched)
    for receipt in repeated:
        receipt.note = REPEATED
    ready = [receipt for receipt in matched if receipt not in repeated]
    for receipt, moved in zip(ready, lifecycle.advance([_move(receipt) for receipt in ready]), strict=True):
        _note(receipt, moved)
    return [receipt for receipt in ready if receipt.applied]


def _repeated(receipts: Sequence[DeliveryReceipt]) -> set[DeliveryReceipt]:
    """Those that say again what was recorded before. Only what moves no state must be recognised so: a state moves once."""
    telling = [receipt for receipt in receipts if MOVES[receipt.action][1] is None]
    if not telling:
        return set()
    before = DeliveryReceipt.objects.filter(recipient__in={receipt.recipient_id for receipt in telling})
    said = {_saying(receipt) for receipt in before.only("recipient", "action", "report_fields", "recipient_fields")}
    repeated = set()
    for receipt in telling:
        if _saying(receipt) in said:
            repeated.add(receipt)
        said.add(_saying(receipt))
    return repeated


def _saying(receipt: DeliveryReceipt) -> str:
    return repr((receipt.recipient_id, receipt.action, receipt.report_fields, receipt.recipient_fields))


def _move(receipt: DeliveryReceipt) -> Move:
    event, to = MOVES[receipt.action]
    why = {"why": RELAYED} if event is EventType.RELAYED else {}
    data: dict[str, Any] = {"receipt": receipt_payload(receipt), **why}
    assert receipt.recipient_id is not None
    return Move(receipt.recipient_id, event, to, data, by_receipt=True)


def _note(receipt: DeliveryReceipt, moved: Moved) -> None:
    receipt.applied = moved.applied
    receipt.note = moved.why or (RELAYED if moved.move.to is State.RELAYED else "")
    if receipt.recipient is not None:
        receipt.recipient.state = moved.state


def _session(receipt: DeliveryReceipt) -> str:
    assert receipt.recipient is not None
    return str(receipt.recipient.message.session_id or "")
