"""Station "take in": a mail is stored as it came and committed before anybody is answered. What it is, is asked afterwards."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from email_processor.inbound import tasks
from email_processor.inbound.settling import classify_due
from email_processor.models import InboundMessage
from lib.doorbell import ring

__all__ = ["Arrival", "classify_due", "is_storable", "keep", "take_in"]

SAME_MAIL_AGAIN = timedelta(minutes=10)
"""How long the same bytes for the same address count as one mail where no Message-ID tells two mails apart."""

ADDRESS_CHARACTERS = 320

_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_OCTETS = 64_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail at the door, for one address. `mail_from` is "" for the null sender."""

    raw: bytes
    mail_from: str
    rcpt_to: str
    source: InboundMessage.Source


def is_storable(address: str) -> bool:
    """Printable, of an address's length, and text: what was no UTF-8 reaches us as lone surrogates."""
    return 0 < len(address) <= ADDRESS_CHARACTERS and address.isprintable()


def take_in(raw: bytes, *, mail_from: str, rcpt_to: str, source: InboundMessage.Source) -> InboundMessage:
    """Store and commit one mail; answers its row, or the first row of a mail that was taken before.

    Raises django.db.Error where nothing was stored: then the sender must keep the mail.
    """
    return keep([Arrival(raw, mail_from, rcpt_to, source)])[0]


def keep(arrivals: Sequence[Arrival]) -> list[InboundMessage]:
    """Store `arrivals` in one commit; answers one row each, in order. Raises as `take_in`.

    A sender that got no answer to its last dot sends the same bytes again (RFC 5321 4.5.4.1, RFC 1047): the mail is
    recognised by them for ever if it has a Message-ID, for SAME_MAIL_AGAIN if it has none. Two workers that take the same
    bytes in the same instant may both store them; that is harmless, for a report that is heard twice moves nothing twice.
    """
    now = timezone.now()
    rows = [_row(arrival, now) for arrival in arrivals]
    nameless = {row.digest for row, arrival in zip(rows, arrivals, strict=True) if not _has_message_id(arrival.raw)}
    with transaction.atomic(durable=True):
        taken = _taken_before({row.digest for row in rows}, nameless, now)
        fresh: dict[str, InboundMessage] = {}
        kept = [taken.get(row.digest) or fresh.setdefault(row.digest, row) for row in rows]
        InboundMessage.objects.bulk_create(fresh.values(), batch_size=100)
        if fresh:
            ring(tasks.classify_due)
    return kept


def _row(arrival: Arrival, now: datetime) -> InboundMessage:
    return InboundMessage(
        source=arrival.source,
        mail_from=arrival.mail_from,
        rcpt_to=arrival.rcpt_to,
        raw=arrival.raw,
        digest=hashlib.sha256(arrival.rcpt_to.encode() + b"\0" + arrival.raw).hexdigest(),
        size=len(arrival.raw),
        received_at=now,
        due_at=now,
    )


def _taken_before(digests: Collection[str], nameless: Collection[str], now: datetime) -> dict[str, InboundMessage]:
    """The first row of each mail that is here already, by digest; a nameless one counts for SAME_MAIL_AGAIN only."""
    found = InboundMessage.objects.defer("raw").filter(digest__in=digests)
    found = found.exclude(digest__in=nameless, received_at__lt=now - SAME_MAIL_AGAIN)
    return {row.digest: row for row in found.order_by("-id")}


def _has_message_id(raw: bytes) -> bool:
    headers = raw[:_HEADER_OCTETS].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return _MESSAGE_ID.search(headers) is not None
