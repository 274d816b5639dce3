"""The envelope of a mail: MAIL and RCPT with their parameters, read strictly.

RFC 5321 4.1.2 (paths), RFC 1870 (SIZE), RFC 6152 (BODY), RFC 6531 (SMTPUTF8), RFC 3461 4 (NOTIFY, ORCPT, RET, ENVID),
RFC 6533 3 (the address type utf-8).
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_PATH = re.compile(
    r"""\s*<((?:"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"|[^"<>\s\x00-\x1f\x7f])*)>(?:\s+(.*))?\Z""", re.DOTALL
)
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*\Z")
_UTF8_ADDRESS = re.compile(r"(?:[!-*,-<>-\[\]-~\u0080-\U0010FFFF]|\\x\{[0-9A-F]{2,6}\}|\+[0-9A-F]{2})*\Z")
_ENCODED_CHARACTER = re.compile(r"\\x\{([0-9A-F]+)\}|\+([0-9A-F]{2})")
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_MAIL_KEYWORDS = {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN"}
_RCPT_KEYWORDS = {"NOTIFY": "DSN", "ORCPT": "DSN"}
_NOTIFY_KINDS = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_ENVID_LIMIT = 100
_ORCPT_LIMIT = 500


class BadCommand(ValueError):
    """A command that is refused; `reply` is the whole SMTP reply line."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class OriginalRecipient:
    """ORCPT, decoded: an address type (`rfc822`, `utf-8`) and the address."""

    type: str
    address: str


@dataclass(frozen=True, slots=True)
class EnvelopeSender:
    """MAIL FROM as received. `address` is "" for the null sender; `envid` is decoded; `ret` is FULL, HDRS or None."""

    address: str
    parameters: str = ""
    ret: str | None = None
    envid: str | None = None
    body: str = "7BIT"
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class EnvelopeRecipient:
    """RCPT TO as received. `notify` is None without NOTIFY, empty for NEVER, else a set of SUCCESS, FAILURE, DELAY."""

    address: str
    parameters: str = ""
    notify: frozenset[str] | None = None
    original: OriginalRecipient | None = None

    def wants(self, kind: str) -> bool:
        """Whether a report of this kind may be made; without NOTIFY that is failures alone (RFC 3461, 4.1)."""
        return kind in self.notify if self.notify is not None else kind == "FAILURE"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail the world took: `number` counts from 1, `content` is what DATA carried (dots undone), time in UTC."""

    number: int
    sender: EnvelopeSender
    recipients: tuple[EnvelopeRecipient, ...]
    content: bytes
    received_at: datetime

    @property
    def mail_from(self) -> str:
        return self.sender.address

    @property
    def rcpt_tos(self) -> tuple[str, ...]:
        return tuple(recipient.address for recipient in self.recipients)

    @property
    def headers(self) -> bytes:
        """The header section alone, ending with one CRLF."""
        return self.content.partition(b"\r\n\r\n")[0].removesuffix(b"\r\n") + b"\r\n"


def read_mail(argument: str | None, offered: frozenset[str], size_limit: int) -> EnvelopeSender:
    """Read what follows MAIL. `offered` are EHLO keywords, `size_limit` is in octets. Raises BadCommand."""
    address, rest = _path(argument, "FROM:")
    parameters = _parameters(rest, _MAIL_KEYWORDS, offered)
    smtputf8 = "SMTPUTF8" in parameters
    if address and "@" not in address:
        raise BadCommand("553 5.1.7 The sender's address has no domain")
    _check_characters(address, smtputf8)
    if parameters.get("SMTPUTF8"):
        raise BadCommand("501 5.5.4 SMTPUTF8 takes no value")
    _check_size(parameters.get("SIZE"), size_limit)
    return EnvelopeSender(
        address,
        rest,
        _one_of(parameters, "RET", ("FULL", "HDRS")),
        _envid(parameters.get("ENVID")),
        _one_of(parameters, "BODY", ("7BIT", "8BITMIME")) or "7BIT",
        smtputf8,
    )


def read_rcpt(argument: str | None, offered: frozenset[str], smtputf8: bool) -> EnvelopeRecipient:
    """Read what follows RCPT; `smtputf8` as the mail's MAIL said. Raises BadCommand."""
    address, rest = _path(argument, "TO:")
    parameters = _parameters(rest, _RCPT_KEYWORDS, offered)
    if "@" not in address and address.lower() != "postmaster":
        raise BadCommand("553 5.1.3 The recipient's address has no domain")
    _check_characters(address, smtputf8)
    return EnvelopeRecipient(
        address, rest, _notify(parameters.get("NOTIFY")), _orcpt(parameters.get("ORCPT"), smtputf8)
    )


def _path(argument: str | None, keyword: str) -> tuple[str, str]:
    if argument is None or argument[: len(keyword)].upper() != keyword:
        raise BadCommand(f"501 5.5.2 {keyword}<address> is missing")
    match = _PATH.match(argument[len(keyword) :])
    if match is None:
        raise BadCommand("501 5.1.3 This is not an address in angle brackets")
    return match[1], (match[2] or "").strip()


def _parameters(text: str, known: dict[str, str], offered: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for keyword, has_value, value in (word.partition("=") for word in text.split()):
        name = keyword.upper()
        if known.get(name) not in offered:
            raise BadCommand(f"555 5.5.4 {name} is not offered here")
        if name in found or (has_value and not value) or (not has_value and name != "SMTPUTF8"):
            raise BadCommand(f"501 5.5.4 {name} is given twice or without a value")
        found[name] = value
    return found


def _check_characters(address: str, smtputf8: bool) -> None:
    if any("\ud800" <= character <= "\udfff" for character in address):
        raise BadCommand("501 5.5.2 The address is not UTF-8")
    if not address.isascii() and not smtputf8:
        raise BadCommand("553 5.6.7 A UTF-8 address needs SMTPUTF8")


def _check_size(size: str | None, limit: int) -> None:
    if size is None:
        return
    if not (size.isascii() and size.isdigit() and len(size) <= 20):
        raise BadCommand("501 5.5.4 SIZE takes a number of octets")
    if int(size) > limit:
        raise BadCommand(f"552 5.3.4 More than {limit} octets are not taken")


def _one_of(parameters: dict[str, str], name: str, allowed: Iterable[str]) -> str | None:
    if name not in parameters:
        return None
    value = parameters[name].upper()
    if value not in allowed:
        raise BadCommand(f"501 5.5.4 {name} takes one of {', '.join(allowed)}")
    return value


def _envid(value: str | None) -> str | None:
    if value is None:
        return None
    if len(value) > _ENVID_LIMIT or not _XTEXT.match(value):
        raise BadCommand(f"501 5.5.4 ENVID takes xtext of at most {_ENVID_LIMIT} characters")
    return _printable(decode_xtext(value), "ENVID")


def _notify(value: str | None) -> frozenset[str] | None:
    if value is None:
        return None
    kinds = frozenset(value.upper().split(","))
    if kinds == {"NEVER"}:
        return frozenset()
    if not kinds <= _NOTIFY_KINDS:
        raise BadCommand("501 5.5.4 NOTIFY takes NEVER alone, or SUCCESS, FAILURE, DELAY")
    return kinds


def _orcpt(value: str | None, smtputf8: bool) -> OriginalRecipient | None:
    if value is None:
        return None
    kind, _, address = value.partition(";")
    if len(value) > _ORCPT_LIMIT or not _ADDRESS_TYPE.match(kind) or not address:
        raise BadCommand(f"501 5.5.4 ORCPT takes type;address of at most {_ORCPT_LIMIT} characters")
    if kind.lower() == "utf-8":
        return OriginalRecipient(kind, _utf8_address(address, smtputf8))
    if not _XTEXT.match(address):
        raise BadCommand("501 5.5.4 The ORCPT address is not xtext")
    return OriginalRecipient(kind, _printable(decode_xtext(address), "ORCPT"))


def _utf8_address(address: str, smtputf8: bool) -> str:
    if not _UTF8_ADDRESS.match(address) or not (address.isascii() or smtputf8):
        raise BadCommand("501 5.5.4 The ORCPT address is not in the utf-8 form of RFC 6533")
    points = _ENCODED_CHARACTER.sub(lambda match: _character(match[1] or match[2]), address)
    _check_characters(points, smtputf8=True)
    return points


def _character(hexadecimal: str) -> str:
    point = int(hexadecimal, 16)
    if point > sys.maxunicode:
        raise BadCommand("501 5.5.4 The ORCPT address names no character")
    return chr(point)


def _printable(text: str, name: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise BadCommand(f"501 5.5.4 {name} holds characters that are not printable ASCII")
    return text


def decode_xtext(text: str) -> str:
    """Undo xtext (RFC 3461, 4): `+3D` becomes `=`."""
    return re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)
