"""Read reports: message disposition notifications (RFC 8098; RFC 6533 6 for internationalized addresses)."""

from dataclasses import dataclass

from . import fields, limits, mime
from .mail import Mail
from .report import Fields

_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What became of a mail after its delivery; `disposition` is displayed, deleted, dispatched or processed.

    `automatic` says that no person took part (RFC 8098 3.2.6.1), `modifiers` are words such as "error".
    Addresses come without type prefix, decoded; the literal values stand in `fields`.
    """

    disposition: str
    automatic: bool
    modifiers: tuple[str, ...]
    final_recipient: str
    original_recipient: str
    original_message_id: str
    original_headers: Fields
    fields: Fields


def parse_read_report(raw: bytes) -> ReadReport | None:
    """The read report in a mail, None if it is none. Never raises."""
    return read_disposition(Mail(mime.parse(raw)))


def read_disposition(mail: Mail) -> ReadReport | None:
    """As parse_read_report, for a mail already parsed. Only a multipart/report is one: a forwarded part is not."""
    if mail.root.content_type != "multipart/report":
        return None
    part = next((part for part in mail.parts[1:] if part.content_type in _TYPES), None)
    if part is None:
        return None
    block = fields.Block(mime.unfold(part.text.lstrip("\n"), limits.FIELDS))
    return _read_report(mail, block) if block.get("disposition") else None


def _read_report(mail: Mail, block: fields.Block) -> ReadReport:
    modes, _, outcome = block.get("disposition").lower().partition(";")
    kind, _, modifiers = outcome.partition("/")
    return ReadReport(
        disposition=kind.strip(),
        automatic=modes.strip().startswith("automatic"),
        modifiers=tuple(word.strip() for word in modifiers.split(",") if word.strip()),
        final_recipient=fields.address(block.get("final-recipient")),
        original_recipient=fields.address(block.get("original-recipient")),
        original_message_id=block.get("original-message-id") or mail.original_message_id,
        original_headers=mail.original_headers,
        fields=tuple(block),
    )
