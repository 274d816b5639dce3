"""An arriving mail as an application is shown it: the `message` of contract.md 7, from the raw bytes.

Never raises for what is in the mail: what cannot be decoded is shown as well as it can be.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

from email_processor.browser.mailboxes import COMMENTS, as_text
from email_processor.inbound.dsn.limits import PART_BYTES
from email_processor.inbound.dsn.mime import Entity, decode_base64, decode_text, decode_words, newlines
from email_processor.models import InboundMessage
from email_processor.outbound.submission import Mailbox

REFERENCES = 20
PIECES = 50
"""Of one file name."""
_ID = re.compile(r"<[^<>\s]{1,500}>")
_UNANSWERED_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_TEXTS = ("text/plain", "text/html")


def message_event(inbound: InboundMessage) -> dict[str, Any]:
    """`from` is text, `to`, `cc` and `reply_to` are lists of texts, each a mailbox (RFC 5322 3.4); headers are [name, value].

    `cut` says that a text is longer than what is shown of it, `automatic` that a machine sent the mail, so that it must not
    be answered (RFC 3834).
    """
    mail = _Arrived(Entity.parse(newlines(bytes(inbound.raw))))
    return {
        "id": str(inbound.pk),
        "received_at": inbound.received_at.isoformat(),
        "mail_from": inbound.mail_from,
        "rcpt_to": inbound.rcpt_to,
        "from": ", ".join(mail.mailboxes("from")),
        "to": mail.mailboxes("to"),
        "cc": mail.mailboxes("cc"),
        "reply_to": mail.mailboxes("reply-to"),
        "subject": decode_words(mail.header("subject")),
        "message_id": mail.first_id("message-id"),
        "in_reply_to": mail.first_id("in-reply-to"),
        "references": mail.references,
        "headers": [[name, decode_words(value)] for name, value in mail.root.headers],
        "text": mail.text("text/plain"),
        "html": mail.text("text/html"),
        "cut": mail.is_cut,
        "attachments": list(mail.attachments()),
        "automatic": inbound.kind == InboundMessage.Kind.AUTO_REPLY or not inbound.mail_from or mail.is_automatic,
    }


@dataclass(frozen=True)
class _Arrived:
    root: Entity

    def header(self, name: str) -> str:
        return self.root.header(name)

    def mailboxes(self, name: str) -> list[str]:
        value = self.header(name)
        found = getaddresses([value.replace("(", "") if value.count("(") > COMMENTS else value])
        return [as_text(Mailbox(address, decode_words(name))) for name, address in found if address]

    def first_id(self, name: str) -> str:
        found = _ID.search(self.header(name))
        return found.group() if found else ""

    @cached_property
    def references(self) -> list[str]:
        return _ID.findall(self.header("references"))[-REFERENCES:]

    @cached_property
    def is_automatic(self) -> bool:
        said = self.header("auto-submitted").strip().lower()
        return (
            bool(said and not said.startswith("no"))
            or self.header("precedence").strip().lower() in _UNANSWERED_PRECEDENCE
            or bool(self.header("list-id"))
            or self.header("return-path").strip() == "<>"
        )

    @cached_property
    def leaves(self) -> list[Entity]:
        return [part for part in self.root.walk() if not part.parts]

    @cached_property
    def texts(self) -> list[Entity]:
        return [part for part in self.leaves if part.content_type in _TEXTS and not _is_attached(part)]

    @cached_property
    def is_cut(self) -> bool:
        return any(len(part.content) > PART_BYTES for part in self.texts)

    def text(self, type: str) -> str:
        """All parts of the text that are not attached, one below the other."""
        return "\n".join(part.text for part in self.texts if part.content_type == type)

    def attachments(self) -> Iterator[dict[str, Any]]:
        for part in self.leaves:
            if part not in self.texts:
                yield {"name": _file_name(part), "type": part.content_type, "size": _size(part)}


def _is_attached(part: Entity) -> bool:
    return part.is_attached or bool(_file_name(part))


def _file_name(part: Entity) -> str:
    """From Content-Disposition, else from Content-Type, where older programs put it."""
    disposition = Entity((("Content-Type", part.header("content-disposition")),), b"").parameters
    return _parameter(disposition, "filename") or _parameter(part.parameters, "name")


def _parameter(given: Mapping[str, str], name: str) -> str:
    """A parameter of any length and charset (RFC 2231 3 and 4); in encoded words, as many programs write it, too."""
    if name in given:
        return decode_words(given[name])
    if f"{name}*" in given:
        return _decoded([(given[f"{name}*"], True)])
    pieces = []
    for number in range(PIECES):
        plain, encoded = given.get(f"{name}*{number}"), given.get(f"{name}*{number}*")
        if plain is None and encoded is None:
            break
        pieces.append((encoded or plain or "", encoded is not None))
    return _decoded(pieces)


def _decoded(pieces: Sequence[tuple[str, bool]]) -> str:
    """Pieces, each with whether it is percent-encoded; the first that is begins with charset'language'."""
    octets, charset = b"", ""
    for number, (text, is_encoded) in enumerate(pieces):
        if is_encoded and number == 0:
            charset, _, text = text.partition("'")
            text = text.partition("'")[2]
        octets += unquote_to_bytes(text) if is_encoded else text.encode()
    return decode_text(octets, charset)


def _size(part: Entity) -> int:
    """Octets; of a text with LF line ends."""
    encoded_as = part.header("content-transfer-encoding").strip().lower()
    return len(decode_base64(part.content)) if encoded_as == "base64" else len(part.content)
