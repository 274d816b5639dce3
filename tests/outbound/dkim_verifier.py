"""A verifier of DKIM signatures for tests, written from RFC 6376 alone: line by line, knowing nothing of the signer."""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

Field = tuple[str, str]


def verify(mail: bytes, record: str) -> list[tuple[dict[str, str], bool]]:
    """The tags of each signature in `mail`, and whether it holds by the key record `record`."""
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = _fields(head.decode())
    key = base64.b64decode(_tags(record)["p"])
    signatures = [field for field in fields if field[0].lower() == "dkim-signature"]
    return [(_tags(field[1]), _holds(field, fields, body.decode("latin-1"), key)) for field in signatures]


def _holds(signature: Field, fields: list[Field], body: str, key: bytes) -> bool:
    tags = _tags(signature[1])
    body_hash = hashlib.sha256(_relaxed_body(body).encode("latin-1")).digest()
    if base64.b64decode(tags["bh"]) != body_hash:
        return False
    left = [field for field in fields if field[0].lower() != "dkim-signature"]
    data = ""
    for name in tags["h"].split(":"):
        found = [field for field in left if field[0].lower() == name.strip().lower()]
        if found:  # 5.4.2: the last one that was not taken yet; one that is not there is the null string
            left.remove(found[-1])
            data += _relaxed(found[-1]) + "\r\n"
    emptied = signature[1][: signature[1].rindex("b=") + 2]
    data += _relaxed((signature[0], emptied))
    return _is_signed(tags, data.encode(), key)


def _is_signed(tags: dict[str, str], data: bytes, key: bytes) -> bool:
    octets = base64.b64decode(tags["b"])
    try:
        if tags["a"] == "ed25519-sha256":
            Ed25519PublicKey.from_public_bytes(key).verify(octets, hashlib.sha256(data).digest())
        else:
            public = load_der_public_key(key)
            assert isinstance(public, RSAPublicKey)
            public.verify(octets, data, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _fields(head: str) -> list[Field]:
    fields: list[Field] = []
    for line in head.split("\r\n"):
        if line[0] in " \t":
            name, value = fields.pop()
            fields.append((name, f"{value}\r\n{line}"))
        else:
            name, _, value = line.partition(":")
            fields.append((name, value))
    return fields


def _relaxed(field: Field) -> str:
    return f"{field[0].lower().strip()}:{' '.join(field[1].split())}"


def _relaxed_body(body: str) -> str:
    lines = [_single_spaces(line).rstrip(" ") for line in body.split("\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\r\n" for line in lines)


def _single_spaces(line: str) -> str:
    result = ""
    for character in line.replace("\t", " "):
        if not (character == " " and result.endswith(" ")):
            result += character
    return result


def _tags(text: str) -> dict[str, str]:
    pairs = (tag.split("=", 1) for tag in text.split(";") if "=" in tag)
    return {name.strip(): "".join(value.split()) for name, value in pairs}
