"""Today's reader over mail taken in long ago: what it would say now, and then the records brought up to that.

Nothing is deleted and no state moves back. A block that says something else now is recorded so, and takes the effect it still
may have; what no longer is found stays as it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from email_processor.inbound import receipts
from email_processor.inbound.settling import read
from email_processor.inbound.statements import Statement, statement_of
from email_processor.models import DeliveryReceipt, InboundMessage
from lib.ids import earliest_id

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What today's reader says of one mail, against what is recorded; each value as (before, now).

    `blocks` are by position. A block that is not recorded yet has "" before, one that is no longer found is not named.
    """

    mail: InboundMessage
    kind: tuple[str, str]
    blocks: Mapping[int, Mapping[str, tuple[Any, Any]]]
    statement: Statement | None

    @property
    def is_one(self) -> bool:
        return self.kind[0] != self.kind[1] or bool(self.blocks)


def differences(since: datetime) -> Iterator[Difference]:
    """The mails taken in since then of which today's reader says something else, oldest first. Writes nothing."""
    mails = InboundMessage.objects.filter(pk__gte=earliest_id(since), classified_at__isnull=False).exclude(raw=b"")
    for mail in mails.exclude(kind=InboundMessage.Kind.UNCLASSIFIED).order_by("pk").iterator(chunk_size=CHUNK):
        found = _difference(mail)
        if found.is_one:
            yield found


def apply(difference: Difference) -> None:
    """Bring the records of one mail up to today's reading, in one transaction."""
    mail, statement = difference.mail, difference.statement
    with transaction.atomic():
        InboundMessage.objects.filter(pk=mail.pk).update(kind=difference.kind[1])
        if statement is not None:
            receipts.record_again(mail, statement, difference.blocks.keys())


def _difference(mail: InboundMessage) -> Difference:
    reading = read(mail)
    statement = statement_of(reading.said) if reading.said is not None else None
    recorded = {receipt.position: receipt for receipt in mail.receipts.all()}
    said = enumerate(statement.blocks) if statement else ()
    changes = {position: _changes(recorded.get(position), block.columns) for position, block in said}
    kind = (mail.kind, InboundMessage.Kind(reading.kind).value)
    return Difference(mail, kind, {position: one for position, one in changes.items() if one}, statement)


def _changes(recorded: DeliveryReceipt | None, columns: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    before = {name: getattr(recorded, name) if recorded else "" for name in columns}
    return {name: (before[name], now) for name, now in columns.items() if before[name] != now}
