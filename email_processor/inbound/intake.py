"""Station "take in": a mail is stored as it came and committed before anybody is answered. What it is, is asked afterwards."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from email_processor.inbound import tasks
from email_processor.inbound.settling import classify_due
from email_processor.models import InboundMessage
from lib import bulk
from lib.doorbell import ring

__all__ = ["Arrival", "classify_due", "is_storable", "keep", "take_in"]

SAME_MAIL_AGAIN = timedelta(minutes=10)
"""How long, at least, the same bytes for the same address count as one mail where nothing in it tells two mails apart."""

ADDRESS_CHARACTERS = 320

_DISTINCT = re.compile(rb"^(?:message-id|received)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_OCTETS = 64_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail at the door, for one address. `mail_from` is "" for the null sender, `peer` the IP address it came from, if any."""

    raw: bytes
    mail_from: str
    rcpt_to: str
    source: InboundMessage.Source
    peer: str = ""


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

    A sender that got no answer to its last dot sends the same bytes again (RFC 5321 4.5.4.1, RFC 1047), and a mailbox gives a
    mail again that could not be deleted. The mail is recognised by its bytes: for ever where a Message-ID or a Received line
    tells it from others, else for one to two times SAME_MAIL_AGAIN. The database holds that no mail has two rows.
    """
    now = timezone.now()
    names = [_names(arrival, now) for arrival in arrivals]
    try:
        known = _store(arrivals, names, now, _insert)
    except IntegrityError:  # some mail among them was taken before
        known = _store(arrivals, names, now, _insert_what_is_new)
    ring(tasks.classify_due)
    return [next(known[name] for name in reversed(own) if name in known) for own in names]


def _store(
    arrivals: Sequence[Arrival],
    names: Sequence[list[str]],
    now: datetime,
    insert: Callable[[Mapping[str, InboundMessage]], dict[str, InboundMessage]],
) -> dict[str, InboundMessage]:
    """Rows by the names of their mails, those that were stored before and those that are now."""
    with transaction.atomic(durable=True):
        earlier = _rows_of({name for _, *older in names for name in older})
        fresh: dict[str, InboundMessage] = {}
        for arrival, (digest, *older) in zip(arrivals, names, strict=True):
            if digest not in fresh and not any(name in earlier for name in older):
                fresh[digest] = _row(arrival, digest, now)
        return {**earlier, **insert(fresh)}


def _insert(fresh: Mapping[str, InboundMessage]) -> dict[str, InboundMessage]:
    """Insert mails that nobody stored before; answers the stored rows. Raises IntegrityError where somebody did."""
    bulk.insert_new(_in_order(fresh))
    return dict(fresh)


def _insert_what_is_new(fresh: Mapping[str, InboundMessage]) -> dict[str, InboundMessage]:
    """Insert those that nobody stored before or stores just now; answers the stored rows."""
    InboundMessage.objects.bulk_create(_in_order(fresh), batch_size=100, ignore_conflicts=True)
    stored = dict(InboundMessage.objects.filter(digest__in=fresh).values_list("digest", "pk"))
    return {**fresh, **_rows_of({digest for digest, row in fresh.items() if stored[digest] != row.pk})}


def _in_order(fresh: Mapping[str, InboundMessage]) -> list[InboundMessage]:
    """Of what is unique, so that two workers never wait for each other in a circle."""
    return sorted(fresh.values(), key=lambda row: row.digest)


def _rows_of(digests: Collection[str]) -> dict[str, InboundMessage]:
    if not digests:
        return {}
    return {row.digest: row for row in InboundMessage.objects.defer("raw").filter(digest__in=digests)}


def _row(arrival: Arrival, digest: str, now: datetime) -> InboundMessage:
    return InboundMessage(
        source=arrival.source,
        peer=arrival.peer,
        mail_from=arrival.mail_from,
        rcpt_to=arrival.rcpt_to,
        raw=arrival.raw,
        digest=digest,
        size=len(arrival.raw),
        received_at=now,
        due_at=now,
    )


def _names(arrival: Arrival, now: datetime) -> list[str]:
    """The digest the mail is stored under, and those under which the same mail may have been stored a while ago."""
    content = hashlib.sha256(arrival.rcpt_to.encode() + b"\0" + arrival.raw)
    if _is_distinct(arrival.raw):
        return [content.hexdigest()]
    period = int(now.timestamp() // SAME_MAIL_AGAIN.total_seconds())
    return [hashlib.sha256(content.digest() + str(number).encode()).hexdigest() for number in (period, period - 1)]


def _is_distinct(raw: bytes) -> bool:
    headers = raw[:_HEADER_OCTETS].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return _DISTINCT.search(headers) is not None
