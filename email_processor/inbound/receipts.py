"""The stored record of what a report says, joined to its recipient, and what follows from it."""

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from email_processor import lifecycle
from email_processor.browser.launching import schedule_receipts
from email_processor.inbound import matching
from email_processor.inbound.matching import Match
from email_processor.inbound.payload import receipt_payload
from email_processor.inbound.statements import EFFECTS, Block, Statement
from email_processor.lifecycle import Move, Moved
from email_processor.models import DeliveryReceipt, EventType, Evidence, InboundMessage, MatchedBy, Recipient, State
from lib import bulk

RELAYED = "The next server makes no reports: nobody will tell us more."
REPEATED = "The same report was recorded before."
UNREADABLE = "It came as delivery reports come, but no report on any recipient can be read from it."

_COLUMNS = tuple(field.attname for field in DeliveryReceipt._meta.concrete_fields)
_values_of = attrgetter(*_COLUMNS)


def record(statements: Sequence[tuple[InboundMessage, Statement]]) -> list[DeliveryReceipt]:
    """Store a DeliveryReceipt for each block of `statements` and let it take effect, all in one transaction.

    A receipt in quarantine, and one the state machine refuses, has no effect; its `note` says why.
    Raises IntegrityError where the blocks of a mail are recorded already.
    """
    with transaction.atomic(savepoint=False):
        signed = matching.by_return_path(
            {inbound.pk: (inbound.rcpt_to, *statement.return_paths) for inbound, statement in statements}
        )
        receipts = [
            _receipt(inbound, block, position, match)
            for inbound, statement in statements
            for position, (block, match) in enumerate(
                zip(statement.blocks, matching.match(inbound, statement, signed.get(inbound.pk)), strict=True)
            )
        ]
        effective = _apply(receipts)
        bulk.insert(DeliveryReceipt, _COLUMNS, (_values_of(receipt) for receipt in receipts))
        schedule_receipts(effective)
    return receipts


def record_unreadable(inbound: InboundMessage) -> DeliveryReceipt:
    """Store a report that says nothing readable in quarantine, beside the recipient to whose return path it came."""
    match = matching.by_return_path({inbound.pk: [inbound.rcpt_to]}).get(inbound.pk)
    return DeliveryReceipt.objects.create(
        inbound=inbound,
        received_at=inbound.received_at,
        note=UNREADABLE,
        likely_recipient=match.recipient if match else None,
    )


def record_again(inbound: InboundMessage, statement: Statement, positions: Collection[int]) -> None:
    """Bring the receipts of one mail at `positions` up to `statement`; those that say something new take effect.

    Whose they are is left as it was found, or decided by hand.
    """
    recorded = {one.position: one for one in DeliveryReceipt.objects.select_for_update().filter(inbound=inbound)}
    addresses = (inbound.rcpt_to, *statement.return_paths)
    matches = matching.match(inbound, statement, matching.by_return_path({inbound.pk: addresses}).get(inbound.pk))
    fresh, acting = [], []
    for position in sorted(positions):
        block, known = statement.blocks[position], recorded.get(position)
        receipt = known or _receipt(inbound, block, position, matches[position])
        if known is None:
            fresh.append(receipt)
        if known is None or (known.action != block.action and known.dismissed_at is None):
            acting.append(receipt)
        if known is not None:
            _read_anew(known, block, matches[position])
    effective = _apply(acting)
    for receipt in recorded.values():
        if receipt.position in positions:
            receipt.save()
    bulk.insert(DeliveryReceipt, _COLUMNS, (_values_of(receipt) for receipt in fresh))
    schedule_receipts(effective)


def _read_anew(receipt: DeliveryReceipt, block: Block, match: Match) -> None:
    """Put what `block` says into a recorded receipt; one that could not be read before may find its recipient now."""
    for name, value in block.columns.items():
        setattr(receipt, name, value)
    receipt.sealed = False
    if receipt.recipient_id is None and receipt.dismissed_at is None:
        receipt.recipient, receipt.likely_recipient = match.recipient, match.likely
        receipt.application_id = match.recipient.application_id if match.recipient else None
        receipt.matched_by, receipt.note = match.matched_by, block.note or match.note
    effect = EFFECTS.get(block.action)
    receipt.evidence = effect.evidence if effect and receipt.recipient_id else Evidence.NONE


def attach(receipt: DeliveryReceipt, recipient: Recipient, by: str) -> str:
    """Join a receipt in quarantine to `recipient` because an operator says so, and let it take effect.

    Answers why it moved nothing; empty where it did. One that was decided upon meanwhile is left as it is.
    """
    with transaction.atomic():
        row = _in_quarantine(receipt)
        if row is None:
            return "Somebody has decided about it meanwhile."
        row.recipient, row.application_id = recipient, recipient.application_id
        row.matched_by, row.decided_by, row.note = MatchedBy.HAND, by, ""
        row.evidence = EFFECTS[row.action].evidence if row.action in EFFECTS else Evidence.NONE
        effective = _apply([row])
        row.sealed = False
        row.save()
        schedule_receipts(effective)
    return "" if row.applied else row.note


def dismiss(receipt: DeliveryReceipt, by: str) -> bool:
    """Take a receipt out of quarantine without joining it to anybody; False where somebody has decided meanwhile."""
    with transaction.atomic():
        row = _in_quarantine(receipt)
        if row is None:
            return False
        row.dismissed_at, row.decided_by, row.sealed = timezone.now(), by, False
        row.save(update_fields=["dismissed_at", "decided_by", "sealed"])
    return True


def _in_quarantine(receipt: DeliveryReceipt) -> DeliveryReceipt | None:
    rows = DeliveryReceipt.objects.select_for_update().filter(recipient__isnull=True, dismissed_at__isnull=True)
    return rows.filter(pk=receipt.pk).first()


def _receipt(inbound: InboundMessage, block: Block, position: int, match: Match) -> DeliveryReceipt:
    effect = EFFECTS.get(block.action)
    return bulk.new(
        DeliveryReceipt,
        inbound_id=inbound.pk,
        position=position,
        recipient_id=match.recipient.pk if match.recipient else None,
        likely_recipient_id=match.likely.pk if match.likely else None,
        application_id=match.recipient.application_id if match.recipient else None,
        received_at=inbound.received_at,
        matched_by=match.matched_by.value,
        evidence=(effect.evidence if effect and match.recipient else Evidence.NONE).value,
        note=block.note or match.note,
        **block.columns,
    )


def _apply(receipts: Sequence[DeliveryReceipt]) -> list[DeliveryReceipt]:
    """Advance the recipients, note on each receipt what became of it, and answer those that took effect."""
    matched = [receipt for receipt in receipts if receipt.recipient_id and receipt.action in EFFECTS]
    repeated = _repeated(matched)
    for receipt in repeated:
        receipt.note = REPEATED
    ready = [receipt for receipt in matched if receipt not in repeated]
    for receipt, moved in zip(ready, lifecycle.advance([_move(receipt) for receipt in ready]), strict=True):
        _note(receipt, moved)
    return [receipt for receipt in ready if receipt.applied]


def _repeated(receipts: Sequence[DeliveryReceipt]) -> set[DeliveryReceipt]:
    """Those that say again what was recorded before. Only what moves no state must be recognised so: a state moves once."""
    telling = [receipt for receipt in receipts if EFFECTS[receipt.action].to is None]
    if not telling:
        return set()
    before = DeliveryReceipt.objects.filter(recipient__in={receipt.recipient_id for receipt in telling})
    before = before.exclude(pk__in=[receipt.pk for receipt in telling])
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
    effect = EFFECTS[receipt.action]
    data: dict[str, Any] = {"receipt": receipt_payload(receipt)}
    if receipt.decided_by:
        data["why"] = f"attached by hand: {receipt.decided_by}"
    elif effect.event is EventType.RELAYED:
        data["why"] = RELAYED
    assert receipt.recipient_id is not None
    return Move(receipt.recipient_id, effect.event, effect.to, data, by_receipt=True)


def _note(receipt: DeliveryReceipt, moved: Moved) -> None:
    receipt.applied = moved.applied
    receipt.note = moved.why or (RELAYED if moved.move.to is State.RELAYED else "")
