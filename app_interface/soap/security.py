"""Who calls by SOAP: a WS-Security UsernameToken (profile 1.0 and 1.1) in the envelope, else HTTP Basic or Bearer."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from lxml import etree

from app_interface.authentication import Caller, authenticate, from_authorization, prove
from app_interface.models import Nonce
from app_interface.problems import Problem
from app_interface.soap.envelope import Envelope
from epm.models import Credential

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSSE = f"{{{_OASIS}-wssecurity-secext-1.0.xsd}}"
_WSU = f"{{{_OASIS}-wssecurity-utility-1.0.xsd}}"
_PASSWORD_TEXT = f"{_OASIS}-username-token-profile-1.0#PasswordText"
_PASSWORD_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
SECURITY = f"{_WSSE}Security"
_TOKEN, _TIMESTAMP = f"{_WSSE}UsernameToken", f"{_WSU}Timestamp"
FRESH = timedelta(minutes=5)
"""How far the time of a digest may lie from ours, and how long its nonce is remembered after it."""


def caller_of(request: HttpRequest, envelope: Envelope) -> Caller:
    """The Caller of a request; what the envelope says goes before what HTTP says.

    Raises Problem not_authenticated (extra `challenge` where nothing was offered, so that HTTP may ask), not_permitted.
    """
    remote_address = request.META.get("REMOTE_ADDR", "")
    token = _token(envelope)
    if token is None:
        return authenticate(*_from_http(request), remote_address)
    name, password = (token.findtext(f"{_WSSE}Username") or "").strip(), _password(token)
    if password.get("Type") == _PASSWORD_DIGEST:
        digest = _Digest.read(token, password)
        return prove(name, digest.is_of, remote_address)
    return authenticate(name, password.text or "", remote_address)


def _from_http(request: HttpRequest) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    if not header:
        asked = "Say who you are: HTTP Basic, Bearer <credential id>.<secret>, or a WS-Security UsernameToken."
        raise Problem("not_authenticated", asked, challenge=True)
    return from_authorization(header)


def _token(envelope: Envelope) -> etree._Element | None:
    security = envelope.header(SECURITY)
    if security is None:
        return None
    _refuse_what_cannot_be_checked(security)
    _check_timestamp(security.find(_TIMESTAMP))
    tokens = security.findall(_TOKEN)
    if len(tokens) > 1:
        raise _refused("There are two UsernameTokens; send one.")
    return tokens[0] if tokens else None


def _refuse_what_cannot_be_checked(security: etree._Element) -> None:
    for block in security:
        if block.tag not in (_TOKEN, _TIMESTAMP):
            raise _refused(f"{etree.QName(block).localname} is not offered here; send a UsernameToken.")


def _check_timestamp(timestamp: etree._Element | None) -> None:
    expires = None if timestamp is None else timestamp.findtext(f"{_WSU}Expires")
    if expires and _time(expires, "Expires") <= timezone.now():
        raise _refused(f"The Security header expired at {expires}.")


def _password(token: etree._Element) -> etree._Element:
    password = token.find(f"{_WSSE}Password")
    if password is None:
        raise _refused("The UsernameToken has no Password.")
    kind = password.get("Type", _PASSWORD_TEXT)
    if kind not in (_PASSWORD_TEXT, _PASSWORD_DIGEST):
        raise _refused(
            f"{kind.rpartition('#')[2]} is not offered here; send PasswordText, over TLS, or PasswordDigest."
        )
    return password


@dataclass(frozen=True, slots=True)
class _Digest:
    """Base64 (SHA-1 (nonce + created + password)), UsernameToken Profile 1.0, 3.1. `created` is kept as it was written."""

    nonce: bytes
    created: str
    value: str

    @staticmethod
    def read(token: etree._Element, password: etree._Element) -> "_Digest":
        """Raises not_authenticated where a part is missing, cannot be read, or is of another time."""
        nonce, created = token.find(f"{_WSSE}Nonce"), (token.findtext(f"{_WSU}Created") or "").strip()
        if nonce is None or not nonce.text or not created:
            raise _refused("A PasswordDigest needs a Nonce and a Created beside it.")
        if nonce.get("EncodingType", _BASE64) != _BASE64:
            raise _refused("The Nonce is not in Base64Binary.")
        if abs(timezone.now() - _time(created, "Created")) > FRESH:
            raise _refused(
                f"Created is {created}, more than {FRESH.seconds // 60} minutes from now. Is the clock right?"
            )
        try:
            return _Digest(base64.b64decode(nonce.text.strip(), validate=True), created, (password.text or "").strip())
        except (binascii.Error, ValueError) as error:
            raise _refused("The Nonce is not base64.") from error

    def is_of(self, credential: Credential) -> bool:
        """Does it prove a secret of `credential`, for the first time? Raises not_authenticated where none is kept."""
        secrets = credential.kept_secrets()
        if not secrets:
            raise _refused(
                "This credential takes no PasswordDigest: of its secret only a hash is kept. Send PasswordText, over TLS, "
                "or let an operator allow digests for it and renew its secret."
            )
        return any(hmac.compare_digest(self._of(secret), self.value.encode()) for secret in secrets) and _is_new(
            credential, self
        )

    def _of(self, secret: str) -> bytes:
        # The profile says SHA-1; the secret has 256 random bits, and collisions are of no use here.
        return base64.b64encode(hashlib.sha1(self.nonce + self.created.encode() + secret.encode()).digest())  # noqa: S324


def _is_new(credential: Credential, digest: _Digest) -> bool:
    """Remembers the nonce while its digest may be sent, for all processes. Raises not_authenticated where it came before."""
    Nonce.objects.filter(credential=credential, expires_at__lt=timezone.now()).delete()
    _, is_new = Nonce.objects.get_or_create(
        credential=credential,
        digest=hashlib.sha256(digest.nonce).hexdigest(),
        defaults={"expires_at": _time(digest.created, "Created") + FRESH},
    )
    if not is_new:
        raise _refused("This Nonce came before: every call needs one of its own.")
    return True


def _time(text: str, name: str) -> datetime:
    try:
        time = parse_datetime(text.strip())
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _refused(f"{name} is {text!r}, which is no time with a zone.")
    return time


def _refused(detail: str) -> Problem:
    return Problem("not_authenticated", detail, field="Security")
