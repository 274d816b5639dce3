"""Complaints: feedback reports (ARF, RFC 5965; authentication failures, RFC 6591) and the older forms without a report part."""

import re
from dataclasses import dataclass

from . import fields, limits, mime
from .mail import Mail
from .mime import Entity
from .report import Fields

_ADDRESS = re.compile(r"[^\s<>\"',;:()]{1,300}@[^\s<>\"',;:()]{1,300}")
# What mailbox providers add to the mail they return when they send no feedback part (Microsoft's JMRP does).
_RECIPIENT_HEADERS = ("x-hmxmroriginalrecipient", "x-original-rcpt-to", "x-rcpt-to", "delivered-to", "to")
_PROVIDER_HEADERS = ("x-hmxmroriginalrecipient", "x-reporter-ip")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A recipient's provider says that the mail was not wanted, or failed its checks; `feedback_type` as registered by IANA."""

    feedback_type: str
    recipients: tuple[str, ...]
    reporting_mta: str
    original_envelope_id: str
    original_message_id: str
    original_headers: Fields
    fields: Fields


def parse_complaint(raw: bytes) -> Complaint | None:
    """The complaint in a mail, None if it is none. Never raises."""
    return read_complaint(Mail(mime.parse(raw)))


def read_complaint(mail: Mail) -> Complaint | None:
    """As parse_complaint, for a mail already parsed."""
    if mail.root.content_type not in ("multipart/report", "multipart/mixed"):
        return None
    for part in mail.parts[1:]:
        if part.content_type == "message/feedback-report":
            return _from_fields(mail, fields.Block(mime.unfold(part.text.lstrip("\n"), limits.FIELDS)))
    return _from_provider(mail)


def _from_fields(mail: Mail, block: fields.Block) -> Complaint | None:
    kind = block.get("feedback-type").lower()
    if not kind:
        return None
    named = [value for name, value in block if name.lower() == "original-rcpt-to"]
    removed = [value for name, value in block if name.lower() in ("removal-recipient", "x-original-recipient")]
    recipients = [found[0] for value in named or removed if (found := _ADDRESS.findall(value))]
    return Complaint(
        feedback_type=kind,
        recipients=tuple(dict.fromkeys(recipients or _returned_recipients(mail))),
        reporting_mta=fields.split_type(block.get("reporting-mta"))[1],
        original_envelope_id=block.get("original-envelope-id"),
        original_message_id=mail.original_message_id,
        original_headers=mail.original_headers,
        fields=tuple(block),
    )


def _from_provider(mail: Mail) -> Complaint | None:
    enclosed = next((part.enclosed for part in mail.parts[1:] if part.enclosed is not None), None)
    if enclosed is None or "complaint" not in mail.subject.lower() or not _is_from_provider(enclosed):
        return None
    return Complaint("abuse", tuple(_returned_recipients(mail)), "", "", mail.original_message_id, enclosed.headers, ())


def _is_from_provider(enclosed: Entity) -> bool:
    return any(enclosed.header(name) for name in _PROVIDER_HEADERS)


def _returned_recipients(mail: Mail) -> list[str]:
    headers = {name.lower(): value for name, value in reversed(mail.original_headers)}
    value = next((headers[name] for name in _RECIPIENT_HEADERS if headers.get(name)), "")
    return list(_ADDRESS.findall(value))[:1]
