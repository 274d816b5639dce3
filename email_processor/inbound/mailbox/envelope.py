"""The envelope of a mail that lies in a mailbox: its final delivery threw it away, and wrote it into the headers (RFC 5321 4.4).

Which header, every server decides for itself. So all that may hold it are asked, and what this platform takes mail for
decides: first a return path that we signed, then an application's address.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from email_processor.inbound.dsn import mime
from email_processor.inbound.intake import is_storable
from email_processor.inbound.routes import Directory
from email_processor.outbound import return_path

HEAD_OCTETS = 200_000

DELIVERED_TO = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-rcpt-to",
    "x-forwarded-to",
)
"""Written by the server that delivered the mail, or by one that forwarded it."""
WRITTEN_TO = ("to", "cc", "resent-to")

_BETWEEN = re.compile(r'[\s<>,;:"()\[\]]+')


@dataclass(frozen=True, slots=True)
class Envelope:
    """`mail_from` is "" for the null sender, `rcpt_to` "" where nothing tells it."""

    mail_from: str
    rcpt_to: str


def recover(raw: bytes, directory: Directory, own_address: str) -> Envelope:
    """The envelope of `raw`, from a mailbox whose other mail counts as sent to `own_address` (may be empty)."""
    headers = mime.parse(raw[:HEAD_OCTETS]).headers
    fields = [(name.lower(), value) for name, value in headers]
    return Envelope(_mail_from(fields), _rcpt_to(fields, directory, own_address))


def _mail_from(fields: list[tuple[str, str]]) -> str:
    for name, value in fields:
        if name == "return-path":
            return next(_addresses([value]), "")
    # Without a Return-Path nobody knows. The null sender must not be guessed: it would make a report of a person's mail.
    return next(_addresses(value for name, value in fields if name == "from"), "")


def _rcpt_to(fields: list[tuple[str, str]], directory: Directory, own_address: str) -> str:
    delivered = list(_addresses(value for name, value in fields if name in DELIVERED_TO))
    written = list(_addresses(value for name, value in fields if name in WRITTEN_TO))
    traced = list(_addresses(value.partition(" for ")[2] for name, value in fields if name == "received"))
    candidates = [*delivered, *written, *traced]
    ways: tuple[Callable[[str], object], ...] = (return_path.read, directory.is_return_path, directory.application_of)
    for is_ours in ways:
        for address in candidates:
            if is_ours(address):
                return address
    return own_address or next(iter(delivered), "")


def _addresses(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from (word for word in _BETWEEN.split(value) if "@" in word and is_storable(word))
