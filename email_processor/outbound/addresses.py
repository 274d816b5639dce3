"""Addresses as SMTP wants them: domains in ASCII (IDNA, RFC 5891), local parts as they are."""

import re
from functools import lru_cache

import idna

_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")
"""What would break out of an envelope's or a header's angle brackets."""
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"\Z')


def domain_of(address: str) -> str:
    """The domain in ASCII. Raises ValueError where it is none."""
    return ascii_domain(address.rpartition("@")[2])


def ascii_domain(domain: str) -> str:
    """`domain` in lower case with A-labels. Raises ValueError where it cannot be."""
    if domain.isascii():
        return domain.lower()
    return idna.encode(domain, uts46=True).decode("ascii")


@lru_cache(maxsize=4096)  # asked half a dozen times for each address of a mail, and again for each mail of its sender
def wire_address(address: str) -> str:
    """The address with its domain in ASCII; only a local part outside ASCII still needs SMTPUTF8 (RFC 6531).

    Raises ValueError where no server could take it.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(local.encode()) > 64:
        raise ValueError("an address is a local part of at most 64 octets, @ and a domain")
    if _UNSAFE.search(domain) or (_UNSAFE.search(local) and not _QUOTED.match(local)):
        raise ValueError("an address has no spaces, control characters or angle brackets")
    domain = ascii_domain(domain)
    if len(domain) > 253:
        raise ValueError("a domain has at most 253 octets")
    return f"{local}@{domain}"


def needs_smtputf8(address: str) -> bool:
    """Is there a character outside ASCII where IDNA does not help?"""
    return not address.rpartition("@")[0].isascii()
