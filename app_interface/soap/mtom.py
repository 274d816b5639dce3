"""MTOM: contents sent beside the envelope as they are, instead of in it as base64 (W3C MTOM 3, XOP 1.0 3 and 4, RFC 2387)."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from urllib.parse import unquote

from django.conf import settings
from lxml import etree

from app_interface.problems import Problem, invalid
from app_interface.soap.envelope import parsed

PACKAGE = "multipart/related"
_XOP = "application/xop+xml"
_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A request taken out of its package: the envelope's bytes and their Content-Type, the other parts by Content-ID."""

    body: bytes
    content_type: str
    parts: Mapping[str, bytes]


def envelope_type(content_type: str) -> str:
    """The Content-Type the envelope has by itself: of a package its `start-info`. Raises unsupported_media."""
    media_type, parameters = parsed(content_type)
    if media_type != PACKAGE:
        return content_type
    if parameters.get("type", "").lower() != _XOP:
        raise Problem("unsupported_media", f"Of {PACKAGE} only MTOM is read, whose type is {_XOP}.")
    alone = parameters.get("start-info", "")
    if "action" in parameters and "action" not in parsed(alone)[1]:
        alone = f'{alone}; action="{parameters["action"]}"'
    return alone


def unpacked(body: bytes, content_type: str) -> Unpacked:
    """Take the envelope out of its package, if it is in one. Raises invalid_request, unsupported_media."""
    media_type, parameters = parsed(content_type)
    if media_type != PACKAGE:
        return Unpacked(body, content_type, {})
    parts: dict[str, bytes] = {}
    for name, content in _parts(body, parameters.get("boundary", "")):
        if name in parts:
            raise invalid(f"Two parts of the package have the Content-ID {name[:100]!r}.")
        parts[name] = content
    start = parameters.get("start", "").strip("<>") or next(iter(parts))
    if start not in parts:
        raise invalid(f"The package has no part {start[:100]!r}, with which it is to start.")
    return Unpacked(parts.pop(start), envelope_type(content_type), parts)


def include(payload: etree._Element, parts: Mapping[str, bytes]) -> None:
    """Put the parts where `payload` wants them. Raises invalid_request: one is missing, left over, or wanted twice.

    Twice would let a small request become a huge one.
    """
    left = dict(parts)
    for element in list(payload.iter(_INCLUDE)):
        holder, name = element.getparent(), unquote(element.get("href", "").removeprefix("cid:"))
        if holder is None or len(holder) != 1 or name not in left:
            raise invalid(f"The part {name[:100]!r} is not in the package, or is included twice.")
        holder.remove(element)
        holder.text = base64.b64encode(left.pop(name)).decode()
    if left:
        raise invalid(f"The part {next(iter(left))[:100]!r} is nowhere included in the envelope.")


def _parts(body: bytes, boundary: str) -> Iterator[tuple[str, bytes]]:
    """Content-ID and content of every part (RFC 2046 5.1.1)."""
    if not boundary or not boundary.isascii():
        raise invalid("The package has no boundary.")
    _, *sections = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    closing = next((at for at, section in enumerate(sections) if section.startswith(b"--")), None)
    if not closing:
        raise invalid("The package is empty, or ends before its closing boundary.")
    if closing > settings.EPM_ATTACHMENT_LIMIT + 1:
        raise invalid(f"The package has more than {settings.EPM_ATTACHMENT_LIMIT} parts besides the envelope.")
    for section in sections[:closing]:
        head, blank, content = section.partition(b"\r\n\r\n")
        if not blank:
            raise invalid("A part of the package has no content.")
        fields = BytesParser().parsebytes(head.partition(b"\r\n")[2], headersonly=True)
        yield str(fields.get("Content-ID", "")).strip().strip("<>"), _decoded(fields, content)


def _decoded(fields: Message, content: bytes) -> bytes:
    coding = str(fields.get("Content-Transfer-Encoding", "binary")).strip().lower()
    if coding in ("binary", "8bit", "7bit"):
        return content
    if coding != "base64":
        raise invalid(f"The Content-Transfer-Encoding {coding[:40]!r} is not read.")
    try:
        return base64.b64decode(content)
    except binascii.Error as error:
        raise invalid(f"A part of the package is not base64: {error}.") from error
