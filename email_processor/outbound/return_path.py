"""Signed return paths: every recipient has its own MAIL FROM, so that a report finds its recipient and a forged one does not.

The local part is `epm-` and 48 characters of base32 (RFC 4648 6): one octet that hints at the key, the recipient's UUID, and
104 bits of HMAC-SHA256 over it. It is 52 octets long (RFC 5321 4.5.3.1.1 allows 64) and survives a change of case.
"""

import base64
import hashlib
import hmac
import re
from functools import lru_cache
from uuid import UUID

from django.conf import settings

_PREFIX = "epm-"
_SHAPE = re.compile(rf"{_PREFIX}([a-z2-7]{{48}})@[^@\s]+\Z", re.IGNORECASE)
_TAG_OCTETS = 13


def sign(recipient_id: UUID, domain: str) -> str:
    """The return path of one recipient, signed with the newest key."""
    hint, key = _keys(tuple(settings.EPM_RETURN_PATH_KEYS))[0]
    signed = hint + recipient_id.bytes + _tag(key, recipient_id.bytes)
    return f"{_PREFIX}{base64.b32encode(signed).decode().lower()}@{domain}"


def read(address: str) -> UUID | None:
    """The recipient a return path speaks of; None where it is no return path or no key of ours has signed it."""
    match = _SHAPE.match(address)
    if match is None:
        return None
    signed = base64.b32decode(match[1].upper())
    hint, recipient, tag = signed[:1], signed[1:17], signed[17:]
    for known_hint, key in _keys(tuple(settings.EPM_RETURN_PATH_KEYS)):
        if known_hint == hint and hmac.compare_digest(_tag(key, recipient), tag):
            return UUID(bytes=recipient)
    return None


def looks_signed(address: str) -> bool:
    """Has it the shape of a return path? Says nothing about the signature."""
    return _SHAPE.match(address) is not None


def _tag(key: bytes, recipient: bytes) -> bytes:
    return hmac.digest(key, b"return path" + recipient, "sha256")[:_TAG_OCTETS]


@lru_cache(maxsize=4)
def _keys(texts: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
    """Newest first: a hint that tells which key signed without telling the key, and the key."""
    keys = [text.encode() for text in texts]
    return [(hashlib.sha256(b"hint" + key).digest()[:1], key) for key in keys]
