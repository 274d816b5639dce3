"""WS-Addressing 1.0: MessageID, which also names a request that is repeated, and answers on the same connection only."""

from collections.abc import Sequence

from lxml import etree

from app_interface.problems import invalid
from app_interface.soap.envelope import Envelope

NAMESPACE = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{NAMESPACE}/anonymous"
FAULT = f"{NAMESPACE}/fault"
UNDERSTOOD = frozenset(f"{{{NAMESPACE}}}{name}" for name in ("Action", "FaultTo", "From", "MessageID", "ReplyTo", "To"))


def message_id(envelope: Envelope) -> str:
    """The MessageID of the request, or empty."""
    return _text(envelope.header(_tag("MessageID")))


def action(envelope: Envelope) -> str:
    """The Action of the request, or empty."""
    return _text(envelope.header(_tag("Action")))


def check_reply_address(envelope: Envelope) -> None:
    """Raises invalid_request where the answer should go elsewhere (WS-Addressing SOAP binding 5.2)."""
    for name in ("ReplyTo", "FaultTo"):
        block = envelope.header(_tag(name))
        address = ANONYMOUS if block is None else _text(block.find(_tag("Address")))
        if address != ANONYMOUS:
            raise invalid(f"Answers go back on the same connection only; {name} must be {ANONYMOUS}.", name)


def reply_headers(envelope: Envelope, action: str) -> Sequence[etree._Element]:
    """The header blocks of an answer to `envelope`: none where the request did not use WS-Addressing."""
    answered = message_id(envelope)
    if not answered:
        return []
    return [_block("Action", action), _block("RelatesTo", answered)]


def _block(name: str, text: str) -> etree._Element:
    block = etree.Element(_tag(name), nsmap={"wsa": NAMESPACE})
    block.text = text
    return block


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _text(block: etree._Element | None) -> str:
    return "" if block is None else (block.text or "").strip()
