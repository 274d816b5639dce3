"""A submission as the bytes that go on the wire: CRLF lines of at most 998 octets, 7 bits unless an address needs SMTPUTF8.

RFC 5322 (form), 2045–2047, 2231 and 2387 (MIME), 6532 (UTF-8 addresses), 8058 (one-click unsubscribe). Written out directly: the
general composer of the standard library costs five times as much, and every accepted mail passes here.
"""

import binascii
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from uuid import UUID

from email_processor.models import Recipient
from email_processor.outbound.filling import Filled, interleaved, with_crlf
from email_processor.outbound.header_fields import addresses_field, field, parameter, text_field
from email_processor.outbound.submission import AttachedFile, Submission

LONGEST_LINE = 998
"""Octets of a line without its CRLF (RFC 5322 2.1.1)."""
_BLOCK = 57 * 32_768
"""Octets that are encoded at once: a whole number of lines."""
MESSAGE_ID_FIELD = "X-EPM-Message-Id"
"""Names our Message in the mail, so that headers a report returns lead back to it even where a relay rewrote Message-ID."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What mails that differ only in their recipients and texts have in common, written once for all of them."""

    before: str
    """The fields before those of the recipients."""
    date: str
    after: str
    """The fields after all that are a mail's own."""


def frame(submission: Submission, date: datetime) -> Frame:
    """The frame of `submission`, and of all others with its sender, headers and options.

    Raises ValueError for an address or a field no server could take.
    """
    reply_to = submission.options.reply_to
    after = [
        *_unsubscribe_fields(submission.options.unsubscribe),
        *(field(name, value) for name, value in submission.headers),
        "MIME-Version: 1.0\r\n",
    ]
    return Frame(
        addresses_field("From", [submission.sender]) + (addresses_field("Reply-To", reply_to) if reply_to else ""),
        _date_field(date),
        "".join(after),
    )


@lru_cache(maxsize=16)  # mails that are accepted together have one date
def _date_field(date: datetime) -> str:
    return field("Date", format_datetime(date))


def build(submission: Submission, message_id: UUID, message_id_header: str, frame: Frame) -> bytes:
    """The whole mail. Bcc appears nowhere in it. Raises ValueError for an address or a field no server could take."""
    fields = [
        frame.before,
        *_recipient_fields(submission),
        text_field("Subject", submission.subject) if submission.subject else "",
        frame.date,
        f"Message-ID: {message_id_header}\r\n{MESSAGE_ID_FIELD}: {message_id}\r\n",
        frame.after,
    ]
    return "".join(fields).encode() + _body(submission)


def _recipient_fields(submission: Submission) -> Iterable[str]:
    to, cc = submission.of_kind(Recipient.Kind.TO), submission.of_kind(Recipient.Kind.CC)
    if to:
        yield addresses_field("To", to)
    if cc:
        yield addresses_field("Cc", cc)
    if not (to or cc):
        yield "To: undisclosed-recipients:;\r\n"


def _unsubscribe_fields(url: str) -> Iterable[str]:
    if url:
        yield field("List-Unsubscribe", f"<{url}>")
        yield field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


def _body(submission: Submission) -> bytes:
    """The fields of the outermost part and everything below them."""
    text = _text_part("plain", submission.text) if submission.text or not submission.html else b""
    inline = [file for file in submission.attachments if file.content_id]
    others = [file for file in submission.attachments if not file.content_id]
    if submission.html:
        html = _html_part(submission.html, inline)
        text = _multipart("alternative", [text, html]) if submission.text else html
    if not others:
        return text
    return _multipart("mixed", [text, *(_attachment_part(file) for file in others)])


def _html_part(html: str, inline: Sequence[AttachedFile]) -> bytes:
    """The HTML with the files it shows (RFC 2387)."""
    text = _text_part("html", html)
    if not inline:
        return text
    return _multipart("related", [text, *(_attachment_part(file) for file in inline)], '; type="text/html"')


def _multipart(kind: str, parts: list[bytes], more: str = "") -> bytes:
    # "=_" cannot stand in quoted-printable or base64, 96 random bits stand in no text by chance (RFC 2045 6.7).
    boundary = f"=_{secrets.token_hex(12)}"
    head = f'Content-Type: multipart/{kind}{more};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    separator = f"--{boundary}\r\n".encode()
    pieces = (piece for part in parts for piece in (separator, part))
    return b"".join([head, *pieces, f"--{boundary}--\r\n".encode()])


def _text_part(kind: str, text: str) -> bytes:
    content = _filled_in_7bit(text) if isinstance(text, Filled) else None
    if content is not None:
        return _text_head(kind, "us-ascii", "7bit") + content
    content = _lines(text)
    encoding, encoded = _encoded_text(content)
    return _text_head(kind, "us-ascii" if content.isascii() else "utf-8", encoding) + encoded


def _text_head(kind: str, charset: str, encoding: str) -> bytes:
    head = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode()


def _lines(text: str) -> bytes:
    """With line ends of CRLF, also at the end."""
    lines = with_crlf(text)
    return (lines if lines.endswith("\r\n") else f"{lines}\r\n").encode()


def _filled_in_7bit(text: Filled) -> bytes | None:
    """The same of a text whose template is encoded already; None where that needs a look at the whole."""
    octets, values = text.template.octets, text.values
    if octets is None or not all(value.isascii() and value.isprintable() for value in values):
        return None
    if text.template.longest_line + sum(map(len, values)) > LONGEST_LINE:
        return None
    content = b"".join(interleaved(octets, [value.encode() for value in values]))
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _encoded_text(content: bytes) -> tuple[str, bytes]:
    if _is_7bit(content):
        return "7bit", content
    if _octets_outside_ascii(content) * 6 < len(content):
        return "quoted-printable", binascii.b2a_qp(content, istext=True)
    return "base64", _base64(content)


def _attachment_part(file: AttachedFile) -> bytes:
    content_type, encoding, encoded = file.content_type, "base64", b""
    if content_type.lower().startswith("message/"):
        # RFC 2046 5.2.1: a mail inside a mail may not be base64. One that is not 7 bits is handed over as a plain file.
        if _is_7bit(file.content):
            encoding, encoded = "7bit", file.content.removesuffix(b"\r\n") + b"\r\n"
        else:
            content_type = "application/octet-stream"
    return b"".join(
        [
            field("Content-Type", content_type).encode(),
            f"Content-Transfer-Encoding: {encoding}\r\n".encode(),
            _disposition(file).encode(),
            encoded or _base64(file.content),
        ]
    )


def _disposition(file: AttachedFile) -> str:
    name = parameter("filename", file.file_name)
    if file.content_id:
        return f"Content-ID: <{file.content_id}>\r\nContent-Disposition: inline{name}\r\n\r\n"
    return f"Content-Disposition: attachment{name}\r\n\r\n"


def _base64(content: bytes) -> bytes:
    """In lines of 76 characters (RFC 2045 6.8). Block by block: a large file would make half a million lines at once."""
    return b"".join([_base64_lines(content[at : at + _BLOCK]) for at in range(0, len(content), _BLOCK)])


def _base64_lines(block: bytes) -> bytes:
    encoded = binascii.b2a_base64(block, newline=False)
    return b"".join([encoded[at : at + 76] + b"\r\n" for at in range(0, len(encoded), 76)])


def _is_7bit(content: bytes) -> bool:
    """RFC 2045 2.7: ASCII without NUL, CR and LF only together, no overlong line."""
    if not content.isascii() or b"\0" in content:
        return False
    if not content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n"):
        return False
    return max(map(len, content.split(b"\r\n"))) <= LONGEST_LINE


def _octets_outside_ascii(content: bytes) -> int:
    return len(content) - len(content.decode().encode("ascii", "ignore"))
