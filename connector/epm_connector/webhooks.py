"""Is a call really the platform's? Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from epm_connector.errors import ConnectorError

TOLERANCE = 300
"""Seconds that the timestamp may lie off, either way."""


def verified(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> dict[str, Any]:
    """The JSON of a signed call. Raises ConnectorError: bad_signature as `check`, unexpected_answer for another body."""
    check(headers, body, secrets)
    try:
        payload = json.loads(body)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise ConnectorError("unexpected_answer", "The signed body is not a JSON object.")
    return payload


def check(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
    """Raises ConnectorError bad_signature where `body` was not signed with one of `secrets` within the last five minutes."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id, timestamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise ConnectorError("bad_signature", f"The header {error.args[0]} is missing.") from None
    _check_age(timestamp)
    signed = f"{id}.{timestamp}.".encode() + body
    expected = [_signature(secret, signed) for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in _version1(signatures) for other in expected):
        raise ConnectorError("bad_signature", "The signature does not fit; it was made with another secret.")


def _check_age(timestamp: str) -> None:
    if not timestamp.isascii() or not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        raise ConnectorError("bad_signature", f"The timestamp {timestamp!r} is not within five minutes of now.")


def _version1(signatures: str) -> list[bytes]:
    return [signature[3:].encode() for signature in signatures.split() if signature.startswith("v1,")]


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a signing secret is whsec_ and base64, as the console shows it") from error
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
