"""Which delivery reports a caller may expect, told at acceptance from what the servers said when last greeted."""

from collections.abc import Collection

from email_processor.models import Message
from epm.choices import ConnectionKind
from epm.models import EmailConnection

_KINDS = {"SUCCESS": "success", "FAILURE": "failure", "DELAY": "delay"}


def expected_receipts(ways: Collection[EmailConnection], notify: str) -> list[str] | None:
    """The reports (success, failure, delay) that may come for `notify` (RFC 3461 4.1) whichever of `ways` a mail takes.

    None where one of them was never greeted, or where it leads directly to servers yet unknown. No way at all is the
    sandbox, whose simulated servers know DSN. A server without DSN hears nothing of NOTIFY and reports failures alone,
    asked or not (RFC 5321 4.5.5 and 6.1).
    """
    if any(way.kind == ConnectionKind.DIRECT or way.ehlo_features is None for way in ways):
        return None
    if any("DSN" not in (way.ehlo_features or {}) for way in ways):
        return ["failure"]
    return [_KINDS[word] for word in notify.split(",") if word in _KINDS]


def ways_of(message: Message) -> list[EmailConnection]:
    """The connections a mail may take: the one its caller named, else all of its zone; none in the sandbox."""
    if message.sandbox:
        return []
    if message.connection is not None:
        return [message.connection]
    return [connection for connection in message.zone.connections.all() if connection.enabled]
