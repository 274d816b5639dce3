"""Mailboxes as callers write them (RFC 5322 3.4, RFC 6532), read into the form that everything behind the door compares."""

import re
from functools import lru_cache

import email_validator
from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from app_interface.lists import Part, Piece, pieces
from app_interface.problems import invalid
from email_processor.outbound.submission import Mailbox

LOCAL_PART_LIMIT, DOMAIN_LIMIT = 64, 255
"""Octets, RFC 5321 4.5.3.1."""
NAME_LIMIT = 200
MAILBOX_LIMIT = 1000
"""Characters, as they are written: before any is looked at."""

# A company's own mail may live in domains that the Internet at large does not know (.local, .test, .localhost).
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
CONTROLS = re.compile(f"[{CONTROL}]")
_ORDINARY = re.compile(r"(?=.{3,254}\Z)(?=.{1,64}@)([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@([A-Za-z0-9.-]+)\Z")
_NOT_IN_A_NAME = re.compile(r"[@:;\\\[\]]")


def mailbox(text: str, field: str) -> Mailbox:
    """One mailbox: `a@b`, `<a@b>`, `Name <a@b>`, `"Name, quoted" <a@b>` or `a@b (Name)`.

    Raises invalid_request about `field`.
    """
    if len(text) > MAILBOX_LIMIT:
        raise invalid(f"A mailbox has at most {MAILBOX_LIMIT} characters.", field)
    if CONTROLS.search(text):
        raise invalid("A mailbox is one line without control characters.", field)
    parts = list(pieces(text, field))
    if any(piece.part is Part.COMMA for piece in parts):
        raise invalid("One mailbox is expected here; put a display name that has a comma in quotation marks.", field)
    comments = [piece for piece in parts if piece.part is Part.COMMENT]
    spoken = [piece for piece in parts if piece.part is not Part.COMMENT and piece.raw.strip()]
    if spoken and spoken[-1].part is Part.ANGLE:
        return Mailbox(address(spoken[-1].raw[1:-1].strip(), field), display_name(_phrase(spoken[:-1], field), field))
    bare = "".join(piece.raw for piece in spoken).strip()
    return Mailbox(address(bare, field), display_name(" ".join(c.content for c in comments), field))


def address(text: str, field: str) -> str:
    """An addr-spec: its domain in lower case and as A-labels (RFC 5891), its local part in NFC.

    RFC 5321's quoted local parts and address literals are read too. Raises invalid_request about `field`.
    """
    if len(text) > MAILBOX_LIMIT:
        raise invalid(f"An address has at most {MAILBOX_LIMIT} characters.", field)
    try:
        local, domain = _parts(text)
    except EmailNotValidError as error:
        raise invalid(f"{text[:320]!r} is not an email address: {error}", field) from error
    if len(local.encode()) > LOCAL_PART_LIMIT or len(domain) > DOMAIN_LIMIT:
        raise invalid(
            f"An address has at most {LOCAL_PART_LIMIT} octets before the @ and {DOMAIN_LIMIT} after it.", field
        )
    return f"{local}@{domain}"


def _parts(text: str) -> tuple[str, str]:
    """Local part and domain. The ordinary address of ordinary characters is not taken apart anew for its domain alone."""
    match = _ORDINARY.match(text)
    if match and "xn--" not in text.lower() and match[1].lower() not in CASE_INSENSITIVE_MAILBOX_NAMES:
        return match[1], _domain(match[2])
    return _validated(text)


@lru_cache(maxsize=4096)  # the same ones come again and again
def _domain(domain: str) -> str:
    return _validated(f"a@{domain}")[1]


@lru_cache(maxsize=4096)
def _validated(text: str) -> tuple[str, str]:
    valid = validate_email(
        text,
        check_deliverability=False,
        globally_deliverable=False,
        allow_smtputf8=True,
        allow_quoted_local=True,
        allow_domain_literal=True,
    )
    return valid.local_part, valid.ascii_domain.lower()


def display_name(text: str, field: str) -> str:
    """A display name, its white space made single blanks. Raises invalid_request about `field`."""
    name = " ".join(text.split())
    if CONTROLS.search(text) or len(name) > NAME_LIMIT:
        raise invalid(f"A display name is one line of at most {NAME_LIMIT} characters.", field)
    return name


def _phrase(parts: list[Piece], field: str) -> str:
    for piece in parts:
        if piece.part is Part.ANGLE or (piece.part is Part.TEXT and _NOT_IN_A_NAME.search(piece.raw)):
            raise invalid(r"Put a display name that has one of @ : ; < > [ ] \ in quotation marks.", field)
    return "".join(piece.content if piece.part is Part.QUOTED else piece.raw for piece in parts)
