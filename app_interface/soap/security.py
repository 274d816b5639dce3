"""Who calls by SOAP: a WS-Security UsernameToken (1.0 and 1.1, PasswordText) in the envelope, else HTTP Basic or Bearer."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from lxml import etree

from app_interface.authentication import Caller, authenticate, from_authorization
from app_interface.problems import Problem
from app_interface.soap.envelope import Envelope

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSSE = f"{{{_OASIS}-wssecurity-secext-1.0.xsd}}"
_WSU = f"{{{_OASIS}-wssecurity-utility-1.0.xsd}}"
_PASSWORD_TEXT = f"{_OASIS}-username-token-profile-1.0#PasswordText"
SECURITY = f"{_WSSE}Security"
_TOKEN, _TIMESTAMP = f"{_WSSE}UsernameToken", f"{_WSU}Timestamp"


def caller_of(request: HttpRequest, envelope: Envelope) -> Caller:
    """The Caller of a request; what the envelope says goes before what HTTP says.

    Raises Problem not_authenticated (extra `challenge` where nothing was offered, so that HTTP may ask), not_permitted.
    """
    credential_id, secret = _from_envelope(envelope) or _from_http(request)
    return authenticate(credential_id, secret, request.META["REMOTE_ADDR"])


def _from_http(request: HttpRequest) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    if not header:
        asked = "Say who you are: HTTP Basic, Bearer <credential id>.<secret>, or a WS-Security UsernameToken."
        raise Problem("not_authenticated", asked, challenge=True)
    return from_authorization(header)


def _from_envelope(envelope: Envelope) -> tuple[str, str] | None:
    security = envelope.header(SECURITY)
    if security is None:
        return None
    _refuse_what_cannot_be_checked(security)
    _check_timestamp(security.find(_TIMESTAMP))
    token = security.find(_TOKEN)
    return None if token is None else _password_text(token)


def _refuse_what_cannot_be_checked(security: etree._Element) -> None:
    for block in security:
        if block.tag not in (_TOKEN, _TIMESTAMP):
            raise _refused(
                f"{etree.QName(block).localname} is not offered here; send a UsernameToken with PasswordText."
            )


def _check_timestamp(timestamp: etree._Element | None) -> None:
    expires = None if timestamp is None else timestamp.findtext(f"{_WSU}Expires")
    if expires and _time(expires) <= timezone.now():
        raise _refused(f"The Security header expired at {expires}.")


def _time(text: str) -> datetime:
    try:
        time = parse_datetime(text.strip())
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _refused(f"Expires is {text!r}, which is no time with a zone.")
    return time


def _password_text(token: etree._Element) -> tuple[str, str]:
    password = token.find(f"{_WSSE}Password")
    if password is None:
        raise _refused("The UsernameToken has no Password.")
    kind = password.get("Type", _PASSWORD_TEXT)
    if kind != _PASSWORD_TEXT:
        raise _refused(f"{kind.rpartition('#')[2]} is not offered here; send PasswordText, over TLS.")
    return (token.findtext(f"{_WSSE}Username") or "").strip(), password.text or ""


def _refused(detail: str) -> Problem:
    return Problem("not_authenticated", detail, field="Security")
