"""DKIM signatures (RFC 6376, 8301, 8463), put before the bytes of a mail once, at acceptance.

Relaxed canonicalization of header and body. Fields that a reader sees or that steer his answer are oversigned: named once more
in h= than there are of them, so that nobody can add another one on the way (RFC 6376 8.15). Written with `cryptography` alone:
a signature costs what the private key's operation costs.
"""

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from epm.choices import KeyState, SigningAlgorithm
from epm.models import DkimKey, Zone
from lib.briefly import remembered

OVERSIGNED = ("from", "to", "cc", "subject", "date", "reply-to")
SIGNED = (
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "in-reply-to",
    "references",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
)
"""Signed where they are there (RFC 6376 5.4.1; RFC 8058 4 wants both List-Unsubscribe fields covered)."""

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_SPACES = re.compile(rb"[ \t]+")
_LINE = 72


@dataclass(frozen=True, slots=True)
class Signer:
    """An active key, by name; the private key itself is kept parsed, apart."""

    key: UUID
    domain: str
    selector: str
    algorithm: SigningAlgorithm


@remembered
def signers(zone: Zone, domain: str) -> tuple[Signer, ...]:
    """Those that sign a mail from `domain` (in ASCII): its own active keys, else those of the nearest domain above."""
    labels = domain.split(".")
    family = [".".join(labels[start:]) for start in range(len(labels))]
    rows = DkimKey.objects.filter(sender_domain__zone=zone, sender_domain__domain__in=family, state=KeyState.ACTIVE)
    found: defaultdict[str, list[Signer]] = defaultdict(list)
    for key, name, selector, algorithm in rows.order_by("-algorithm").values_list(
        "pk", "sender_domain__domain", "selector", "algorithm"
    ):
        found[name].append(Signer(key, name, selector, SigningAlgorithm(algorithm)))
    return next((tuple(found[name]) for name in family if name in found), ())


def sign(mime: bytes, signers: Sequence[Signer], at: datetime) -> bytes:
    """`mime`, whose lines end in CRLF, with a DKIM-Signature of each of `signers` before it."""
    if not signers:
        return mime
    head, _, body = mime.partition(b"\r\n\r\n")
    fields = _fields(head)
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    return b"".join([*(_signature(signer, fields, body_hash, at) for signer in signers), mime])


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 3.4.4: runs of white space are one space, none ends a line, no empty lines at the end."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # a run halves with every round; most bodies need none
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def relaxed_field(name: bytes, value: bytes) -> bytes:
    """RFC 6376 3.4.2, without a line end."""
    unfolded = _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip(b" \t").lower() + b":" + unfolded


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """The canonical form of each field, by name, in the order from bottom to top in which they are signed (RFC 6376 5.4.2)."""
    fields: defaultdict[str, list[bytes]] = defaultdict(list)
    for field in reversed(_FIELD_END.split(head)):
        name, _, value = field.partition(b":")
        fields[name.strip(b" \t").lower().decode("ascii", "replace")].append(relaxed_field(name, value))
    return fields


def _signature(signer: Signer, fields: dict[str, list[bytes]], body_hash: str, at: datetime) -> bytes:
    names = [name for name in (*OVERSIGNED, *SIGNED) for _ in fields.get(name, ())]
    tags = (
        f" v=1; a={signer.algorithm}; c=relaxed/relaxed; d={signer.domain};\r\n"
        f" s={signer.selector}; t={int(at.timestamp())};\r\n"
        f" h={_folded_names(sorted([*names, *OVERSIGNED], key=(*OVERSIGNED, *SIGNED).index))};\r\n"
        f" bh={body_hash};\r\n"
        " b="
    ).encode("ascii")
    signed = [field for name in (*OVERSIGNED, *SIGNED) for field in fields.get(name, ())]
    data = b"\r\n".join([*signed, relaxed_field(b"DKIM-Signature", tags)])
    return b"DKIM-Signature:" + tags + _folded_base64(_signed(signer, data)) + b"\r\n"


def _signed(signer: Signer, data: bytes) -> bytes:
    private = _private_key(signer.key)
    if isinstance(private, RSAPrivateKey):
        return private.sign(data, PKCS1v15(), SHA256())
    return private.sign(hashlib.sha256(data).digest())  # RFC 8463 3: PureEdDSA over the hash


@lru_cache(maxsize=256)
def _private_key(key: UUID) -> RSAPrivateKey | Ed25519PrivateKey:
    """Opened and parsed once; a key never changes under its id."""
    pem = DkimKey.objects.values_list("private_key", flat=True).get(pk=key)
    private = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(private, RSAPrivateKey | Ed25519PrivateKey)
    return private


def _folded_names(names: Sequence[str]) -> str:
    lines, line = [], ""
    for name in names:
        if line and len(line) + len(name) > _LINE:
            lines.append(line)
            line = ""
        line += f"{name}:"
    return "\r\n  ".join([*lines, line]).rstrip(":")


def _folded_base64(octets: bytes) -> bytes:
    text = base64.b64encode(octets)
    return b"\r\n  ".join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
