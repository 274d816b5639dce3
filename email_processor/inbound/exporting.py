"""Receipts for other programs: CSV, JSON Lines, and the raw mails as mbox. Streams: there may be millions."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

from django.db.models import QuerySet

from email_processor.models import DeliveryReceipt, InboundMessage

COLUMNS = (
    "id", "received_at", "application", "message", "recipient", "address", "applied", "evidence", "matched_by", "note",
    "action", "status", "reason", "hard", "explanation", "diagnostic", "final_recipient", "original_recipient",
    "reporting_mta", "remote_mta", "received_from_mta", "dsn_gateway", "final_log_id", "envelope_id", "original_message_id",
    "arrival", "last_attempt", "will_retry_until", "decided_by", "dismissed_at",
)  # fmt: skip
_ELSEWHERE = {
    "application": "application__name",
    "message": "recipient__message_id",
    "recipient": "recipient_id",
    "address": "recipient__address",
}
_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 500


class Format(Protocol):
    def __call__(self, receipts: "QuerySet[DeliveryReceipt]") -> Iterator[bytes]: ...


def as_csv(receipts: "QuerySet[DeliveryReceipt]") -> Iterator[bytes]:
    """A header line and one line a receipt (RFC 4180). What a spreadsheet would calculate is quoted with an apostrophe."""
    yield _line(COLUMNS)
    for row in _rows(receipts):
        yield _line([_cell(row[name]) for name in COLUMNS])


def as_json_lines(receipts: "QuerySet[DeliveryReceipt]") -> Iterator[bytes]:
    """One JSON object a line, with all fields of the report as they stood there."""
    for row in _rows(receipts, "report_fields", "recipient_fields"):
        yield json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n"


def as_mbox(receipts: "QuerySet[DeliveryReceipt]") -> Iterator[bytes]:
    """The raw mails in the form mboxrd (RFC 4155 2, with every From line quoted reversibly), each mail once."""
    mails = InboundMessage.objects.filter(pk__in=receipts.order_by().values("inbound")).order_by("pk")
    for at, mail_from, raw in mails.values_list("received_at", "mail_from", "raw").iterator(chunk_size=CHUNK):
        text = bytes(raw).replace(b"\r\n", b"\n")
        sender = (mail_from or "MAILER-DAEMON").replace(" ", "_")
        yield f"From {sender} {at.astimezone(UTC):%a %b %d %H:%M:%S %Y}\n".encode()
        yield _FROM_LINE.sub(rb">\1", text) + (b"\n" if text.endswith(b"\n") else b"\n\n")


FORMATS: Mapping[str, Format] = MappingProxyType({"csv": as_csv, "jsonl": as_json_lines, "mbox": as_mbox})
MEDIA_TYPES = MappingProxyType({"csv": "text/csv", "jsonl": "application/jsonl", "mbox": "application/mbox"})


def _rows(receipts: "QuerySet[DeliveryReceipt]", *more: str) -> Iterator[dict[str, Any]]:
    names = (*COLUMNS, *more)
    found = receipts.order_by("pk").values_list(*(_ELSEWHERE.get(name, name) for name in names))
    return (dict(zip(names, row, strict=True)) for row in found.iterator(chunk_size=CHUNK))


def _line(cells: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    text = "" if value is None else str(_plain(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
