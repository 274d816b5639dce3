"""TLS of a connection: what a server's certificate must prove, and what failed in the words of a TLS report (RFC 8460 4.3)."""

import _ssl
import ssl
from enum import StrEnum
from functools import lru_cache
from typing import Any

from email_processor.outbound import dane
from email_processor.outbound.routing import Route


class Failure(StrEnum):
    """Result types of RFC 8460 4.3."""

    NOT_OFFERED = "starttls-not-supported"
    WRONG_NAME = "certificate-host-mismatch"
    EXPIRED = "certificate-expired"
    NOT_TRUSTED = "certificate-not-trusted"
    OTHER = "validation-failure"
    NO_TLSA = "dnssec-invalid"
    POLICY_NOT_FETCHED = "sts-policy-fetch-error"
    POLICY_INVALID = "sts-policy-invalid"
    POLICY_HOST_NOT_TRUSTED = "sts-webpki-invalid"


class NotProtected(Exception):
    """The connection is not protected as it must be. Says why, in words; `failure` says it in one."""

    def __init__(self, why: str, failure: Failure) -> None:
        super().__init__(why)
        self.failure = failure


_BY_CODE = {10: Failure.EXPIRED, 62: Failure.WRONG_NAME, 64: Failure.WRONG_NAME}
_BY_CODE |= dict.fromkeys((2, 18, 19, 20, 21), Failure.NOT_TRUSTED)
"""By OpenSSL's verify codes (x509_vfy.h)."""


def failure_of(trouble: BaseException) -> Failure:
    """What kind of failure ended the attempt to protect a connection."""
    if isinstance(trouble, NotProtected):
        return trouble.failure
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return _BY_CODE.get(trouble.verify_code, Failure.OTHER)
    return Failure.OTHER


def prove(route: Route, tls: ssl.SSLObject) -> None:
    """Raises NotProtected where DNS says what the server must show (DANE), and it shows something else."""
    if not route.tlsa:
        return
    names = [name for name in (route.host, route.destination) if name]
    if why := dane.doubt(route.tlsa, _chain(tls), names):
        raise NotProtected(why, Failure.OTHER)


def _chain(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates the server showed, its own first (DER). Python 3.13 offers them; before, only its inner object does."""
    if hasattr(tls, "get_unverified_chain"):
        return list(tls.get_unverified_chain())
    inner: Any = tls._sslobj  # type: ignore[attr-defined]
    return [certificate.public_bytes(_ssl.ENCODING_DER) for certificate in inner.get_unverified_chain() or ()]


@lru_cache(maxsize=2)
def context(verify: bool) -> ssl.SSLContext:
    """Made once: reading the trusted certificates takes longer than a mail."""
    made = ssl.create_default_context()
    if not verify:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made
