"""What stands around one mail on the wire: MAIL and RCPT with the parameters a server's EHLO allows.

RFC 5321 4.1.1 (commands), 1870 (SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8), 3461 4 and 6533 3 (RET, ENVID, NOTIFY, ORCPT).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from email_processor.outbound.addresses import needs_smtputf8, wire_address

Features = Mapping[str, str]
"""What EHLO offered: keywords in upper case, each with its parameters."""

_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
_NOT_UTF8_XTEXT = re.compile(r"[^!-*,-<>-\[\]-~]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail to one recipient. `content` is as it goes over the wire after DATA (see `on_the_wire`), `size` octets before."""

    mail_from: str
    rcpt_to: str
    content: bytes = field(repr=False)
    size: int
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    notify: str = ""
    orcpt: str = ""


def on_the_wire(mime: bytes) -> bytes:
    """The content with dots stuffed and the final dot (RFC 5321 4.5.2). `mime` has CRLF line ends throughout."""
    end = b".\r\n" if mime.endswith(b"\r\n") else b"\r\n.\r\n"
    stuffed = mime.replace(b"\r\n.", b"\r\n..")
    return b"".join([b"." if stuffed.startswith(b".") else b"", stuffed, end])


def needs_utf8(envelope: Envelope) -> bool:
    """Does the mail need SMTPUTF8, in its header or its recipient?"""
    return envelope.smtputf8 or needs_smtputf8(envelope.rcpt_to)


def size_limit(features: Features) -> int:
    """How many octets a server takes at most; 0 where it names no limit, or none of 20 digits at most (RFC 1870 3)."""
    named = features.get("SIZE", "")
    return int(named) if named.isdecimal() and len(named) <= 20 else 0


def mail_command(envelope: Envelope, features: Features) -> list[bytes]:
    """MAIL and its parameters."""
    words = ["MAIL", f"FROM:<{envelope.mail_from}>", *_mail_parameters(envelope, features)]
    return [word.encode("ascii") for word in words]


def rcpt_command(envelope: Envelope, features: Features) -> list[bytes]:
    """RCPT and its parameters. The address is UTF-8 where it needs SMTPUTF8."""
    words = ["RCPT", f"TO:<{wire_address(envelope.rcpt_to)}>", *_rcpt_parameters(envelope, features)]
    return [word.encode() for word in words]


def xtext(text: str) -> str:
    """RFC 3461 4: `+` and two hex digits for what may not stand in a parameter."""
    return _NOT_XTEXT.sub(lambda match: "".join(f"+{octet:02X}" for octet in match[0].encode()), text)


def original_recipient(orcpt: str) -> str:
    """ORCPT of a decoded `type;address`; `utf-8` addresses in the form any server understands (RFC 6533 3)."""
    type, _, address = orcpt.partition(";")
    if type.lower() == "utf-8":
        return f"{type};" + _NOT_UTF8_XTEXT.sub(lambda match: rf"\x{{{ord(match[0]):02X}}}", address)
    return f"{type};{xtext(address)}"


def _mail_parameters(envelope: Envelope, features: Features) -> Iterable[str]:
    if "SIZE" in features:
        yield f"SIZE={envelope.size}"
    if needs_utf8(envelope):
        if "8BITMIME" in features:
            yield "BODY=8BITMIME"
        yield "SMTPUTF8"
    if "DSN" in features and envelope.ret:
        yield f"RET={envelope.ret}"
    if "DSN" in features and envelope.envid:
        yield f"ENVID={xtext(envelope.envid)}"


def _rcpt_parameters(envelope: Envelope, features: Features) -> Iterable[str]:
    if "DSN" in features and envelope.notify:
        yield f"NOTIFY={envelope.notify}"
    if "DSN" in features and envelope.orcpt:
        yield f"ORCPT={original_recipient(envelope.orcpt)}"
