"""Who calls: a Credential, checked the same way for REST and SOAP, and what it may use and see (contract.md 2 and 4)."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.db.models import Q, QuerySet
from django.utils import timezone

from app_interface import rates
from app_interface.problems import Problem, invalid
from app_interface.rates import Allowance, Standing
from email_processor.models import DeliveryReceipt, Message
from epm.choices import Channel, Scope
from epm.models import Application, Credential, Zone
from lib.briefly import remembered

USE_NOTED_EVERY = timedelta(minutes=1)
_NOBODY = Credential(id="", secret_hash="0" * 64)


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated credential and what follows from it."""

    credential: Credential
    _spent: dict[Allowance, Standing] = field(default_factory=dict, compare=False, repr=False)

    @property
    def zone(self) -> Zone:
        return self.credential.zone

    @property
    def is_authenticated(self) -> bool:
        """Asked by REST framework: there is no other kind of Caller."""
        return True

    def require(self, scope: Scope) -> None:
        """Raises not_permitted where the credential lacks `scope`."""
        if not self.credential.may([scope]):
            raise Problem("not_permitted", f"This credential lacks the scope {scope.value!r}.")

    def spend(self, allowance: Allowance, units: int = 1) -> None:
        """Count what it asks for, before any transaction begins. Raises rate_limited."""
        standing = rates.spend(self.credential, allowance, units)
        if standing is not None:
            self._spent[allowance] = standing

    def limits(self) -> dict[str, str]:
        """What is left of its allowances, as header fields."""
        return rates.headers_of(self.credential, self._spent.values())

    def applications(self) -> QuerySet[Application]:
        """The applications it may use: those of its list, or all of its zone."""
        applications = Application.objects.filter(zone=self.zone).select_related("zone")
        return applications if self.credential.all_applications else applications.filter(credentials=self.credential)

    def application(self, name: str) -> Application | None:
        """The application that `name` (zoneId:applicationName, or applicationName) means to this caller.

        Without a name it is the only application of the credential's list; a caller of another channel means none, and gets
        no notifications. Raises unknown_application, invalid_request.

        It may be switched off: who accepts or launches refuses that, after a repeated call has got its first answer.
        """
        if not name and self.credential.channel != Channel.EMAIL:
            return None
        return _application(self, name)

    def messages(self) -> QuerySet[Message]:
        """What it may see: the mail of its applications, and what it sent itself without an application."""
        own = Q(application=None, credential=self.credential)
        return Message.objects.filter(own | Q(application__in=self.applications().values("pk")))

    def receipts(self) -> QuerySet[DeliveryReceipt]:
        """The receipts it may see: those of the messages it may see."""
        return DeliveryReceipt.objects.filter(recipient__message__in=self.messages().values("pk"))


@remembered
def _application(caller: Caller, name: str) -> Application:
    return _named(caller, name) if name else _only_one(caller)


def _named(caller: Caller, name: str) -> Application:
    application = caller.applications().filter(name=name.removeprefix(f"{caller.zone.name}:")).first()
    if application is None:
        raise Problem("unknown_application", f"This credential has no application {name!r}.", field="applicationName")
    return application


def _only_one(caller: Caller) -> Application:
    listed = [] if caller.credential.all_applications else list(caller.applications()[:2])
    if len(listed) != 1:
        raise invalid("This credential has more than one application, or none: name one.", "applicationName")
    return listed[0]


def from_authorization(header: str) -> tuple[str, str]:
    """Credential id and secret in an HTTP Authorization field: Basic (RFC 7617, UTF-8), or `Bearer <id>.<secret>`.

    Raises not_authenticated.
    """
    scheme, _, value = header.strip().partition(" ")
    if not scheme:
        raise Problem("not_authenticated", "Say who you are: HTTP Basic, or Bearer <credential id>.<secret>.")
    if scheme.lower() == "basic":
        credential_id, separator, secret = _decoded(value.strip()).partition(":")
    else:
        credential_id, separator, secret = value.strip().partition(".")
    if scheme.lower() not in ("basic", "bearer") or not separator:
        raise Problem(
            "not_authenticated", "The Authorization field is neither Basic nor Bearer <credential id>.<secret>."
        )
    return credential_id, secret


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Problem("not_authenticated", "The Authorization field is not Basic as RFC 7617 says.") from error


def authenticate(credential_id: str, secret: str, remote_address: str) -> Caller:
    """The Caller that `credential_id` and `secret` prove; see `prove`."""
    return prove(credential_id, lambda credential: credential.accepts(secret), remote_address)


def prove(credential_id: str, accepts: Callable[[Credential], bool], remote_address: str) -> Caller:
    """The Caller that `accepts` recognises, calling from `remote_address` (the peer of the connection; empty: a Unix socket).

    An unknown id gets the same answer as a wrong secret. Raises not_authenticated, not_permitted,
    rate_limited.
    """
    credential = _credential(credential_id.replace("\0", ""))
    proven = accepts(credential or _NOBODY)
    if credential is None or not proven:
        raise Problem("not_authenticated", "The credential does not exist or its secret is wrong.")
    _require_usable(credential)
    _require_network(credential, remote_address)
    _note_use(credential)
    caller = Caller(credential)
    caller.spend(Allowance.REQUESTS)
    return caller


@remembered
def _credential(credential_id: str) -> Credential | None:
    return Credential.objects.select_related("zone").filter(pk=credential_id).first()


def _require_usable(credential: Credential) -> None:
    if not credential.enabled:
        raise Problem("not_authenticated", "The credential is switched off.")
    if credential.expires_at and credential.expires_at <= timezone.now():
        raise Problem("not_authenticated", f"The credential expired at {credential.expires_at.isoformat()}.")


def _require_network(credential: Credential, remote_address: str) -> None:
    allowed = credential.allowed_networks.split()
    if not allowed:
        return
    address = _address(remote_address)
    if address is None or not any(address in ip_network(network, strict=False) for network in allowed):
        raise Problem("not_permitted", "The credential may not be used from this network.")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket that serves both families shows IPv4 peers as ::ffff:192.0.2.1 (RFC 4291 2.5.5.2).
    return getattr(address, "ipv4_mapped", None) or address


def _note_use(credential: Credential) -> None:
    """Keep the time of the last use, to the minute: called before an operation opens its transaction."""
    now = timezone.now()
    if credential.last_used_at is None or credential.last_used_at <= now - USE_NOTED_EVERY:
        credential.last_used_at = now
        Credential.objects.filter(pk=credential.pk).update(last_used_at=now)
