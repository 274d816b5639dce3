"""What a configuration may say, in plain words. The console and the management API check by these same functions.

A function without an answer raises `ValidationError`, whose sentence names the value and says what is expected. The ones
that take a model's row are called by its `clean()`; the rest are validators of single fields.
"""

import re
from collections.abc import Collection, Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db.models import Model
from email_validator import EmailNotValidError, validate_email

from epm.choices import Channel, ConnectionKind, InDoubtPolicy, MessageTypes, Scope, TlsPolicy

if TYPE_CHECKING:
    from epm.models import Application, ApplicationAddress, Credential, EmailConnection, SenderDomain, Zone

Row = TypeVar("Row", bound=Model)

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def lines_of(text: str) -> list[str]:
    """The lines of a field that lists one thing per line, trimmed, without the empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def covers(patterns: Iterable[str], domain: str) -> bool:
    """Is `domain` one of a zone's sender domains? `*.example.com` stands for the subdomains of example.com."""
    domain = _ascii(domain)
    return any(
        domain.endswith(f".{_ascii(pattern[2:])}") if pattern.startswith("*.") else domain == _ascii(pattern)
        for pattern in patterns
    )


def split_address(address: str) -> tuple[str, str]:
    """Local part and domain, the domain in lower case."""
    local, _, domain = address.rpartition("@")
    return local, domain.lower()


# --- single fields


def http_url(value: str) -> None:
    """An absolute http(s) URL without user information or fragment (RFC 3986 3)."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValidationError(f"“{value}” is no web address: {error}.") from error
    if parts.scheme not in ("http", "https"):
        raise ValidationError(f"“{value}” is no web address: it must begin with http:// or https://.")
    if not host or not _is_host(host):
        raise ValidationError(f"“{value}” is no web address: it names no usable host.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("Leave user name and password out of the URL: calls are signed, and the URL is shown.")
    if parts.fragment:
        raise ValidationError(f"Leave out “#{parts.fragment}”: what follows # never reaches a server.")
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise ValidationError("A URL contains no spaces and no control characters.")


def host_name(value: str) -> None:
    """A host name, or an IP address."""
    if not _is_host(value):
        raise ValidationError(f"“{value}” is no host name and no IP address. Write it like mail.example.com.")


def domain_name(value: str) -> None:
    """A domain, with or without a dot in it: internal names are domains too."""
    if not _is_domain(value):
        raise ValidationError(f"“{value}” is no domain. Write it like example.com.")


def mail_address(value: str) -> None:
    """The address of a mailbox (RFC 5321 4.1.2, RFC 6531)."""
    local, domain = split_address(value)
    if not _is_domain(domain) or not _is_local_part(local):
        raise ValidationError(f"“{value}” is no email address. Write it like orders@example.com.")


def domain_lines(value: str) -> None:
    """Domains or *.domains, one per line."""
    for line in lines_of(value):
        if not _is_domain(line.removeprefix("*.")):
            raise ValidationError(f"“{line}” is no domain. Write one per line, like example.com or *.example.com.")


def sender_lines(value: str) -> None:
    """Addresses or @domains, one per line."""
    for line in lines_of(value):
        local, domain = split_address(line)
        if "@" not in line or not _is_domain(domain) or (local and not _is_local_part(local)):
            raise ValidationError(
                f"“{line}” is neither an address nor a @domain, like orders@example.com or @example.com."
            )


def network_lines(value: str) -> None:
    """Networks in CIDR notation or single addresses, one per line."""
    for line in lines_of(value):
        try:
            network = ip_network(line, strict=False)
        except ValueError as error:
            raise ValidationError(f"“{line}” is no network. Write one per line, like 192.0.2.0/24.") from error
        if "/" in line and ip_address(line.partition("/")[0]) != network.network_address:
            raise ValidationError(f"“{line}” is an address inside a network. Did you mean {network}?")


def tls_policy_lines(value: str) -> None:
    """A domain, or *.domain, and a TlsPolicy, one pair per line."""
    policies = ", ".join(TlsPolicy.values)
    for line in lines_of(value):
        domain, _, policy = line.partition(" ")
        if not _is_domain(domain.removeprefix("*.")) or policy.strip() not in TlsPolicy.values:
            raise ValidationError(
                f"“{line}” is no policy. Write one per line, like bank.example verified. There are: {policies}."
            )


def scope_list(value: object) -> None:
    """A non-empty list of scopes."""
    known = ", ".join(Scope.values)
    if not isinstance(value, list) or not value:
        raise ValidationError(f"Choose at least one scope of: {known}.")
    if unknown := [str(scope) for scope in value if scope not in Scope.values]:
        raise ValidationError(f"“{unknown[0]}” is no scope. There are: {known}.")


def port_number(value: int) -> None:
    if not 1 <= value <= 65535:
        raise ValidationError("A port lies between 1 and 65535.")


def application_name(value: str) -> None:
    if ":" in value:
        raise ValidationError("A name contains no colon: callers write zone:name.")


# --- whole rows


def check_zone(zone: "Zone") -> None:
    """Raises where the zone's name changed: callers and queues carry it."""
    before = _before(zone)
    if before is not None and before.name != zone.name:
        raise ValidationError({"name": "A zone keeps its name: callers and queues carry it. Make a new zone instead."})


def check_application(application: "Application") -> None:
    """Raises where fields of the application contradict each other or its zone."""
    _stays_in_its_zone(application)
    problems: dict[str, str] = {}
    if application.message_types != MessageTypes.REGULAR and not application.application_url:
        problems["application_url"] = (
            "Delivery receipts launch the application, so it needs an application URL. Or choose message type Regular."
        )
    if application.in_doubt_policy == InDoubtPolicy.WAIT and not application.in_doubt_wait:
        problems["in_doubt_wait"] = "Say for how many minutes to wait, at least 1."
    if outside := _senders_outside(application):
        problems["allowed_senders"] = (
            f"“{outside}” lies outside the sender domains of zone {application.zone.name} "
            f"({', '.join(lines_of(application.zone.sender_domains))}). Add its domain to the zone first."
        )
    if other := _same_short_code(application):
        problems["short_code"] = f"{other} has this short code already. Short codes are unique in a zone."
    if problems:
        raise ValidationError(dict(problems))


def check_application_address(row: "ApplicationAddress") -> None:
    """Raises where another application answers to the address already. Puts the domain in lower case."""
    local, domain = split_address(row.address)
    row.address = f"{local}@{domain}"
    claimed = type(row).objects.filter(address__iexact=row.address).exclude(pk=row.pk)
    if (other := claimed.select_related("application__zone").first()) is None:
        return
    if other.application_id == row.application_id:
        raise ValidationError({"address": f"{row.address} is listed twice."})
    raise ValidationError(
        {"address": f"{row.address} belongs to {other.application} already. One address belongs to one application."}
    )


def check_connection(connection: "EmailConnection") -> None:
    """Raises where fields of the connection contradict each other or its zone."""
    _stays_in_its_zone(connection)
    problems = _problems_of_direct(connection) if connection.kind == ConnectionKind.DIRECT else {}
    if connection.kind == ConnectionKind.SMARTHOST and not connection.server:
        problems["server"] = "Which mail server sends on? Or choose to send directly to the recipients' servers."
    if connection.weight is not None and connection.weight < 1:
        problems["weight"] = "A weight is at least 1. To stop sending, disable the connection."
    for limit in ("max_per_second", "max_per_second_per_destination"):
        if getattr(connection, limit) == 0:
            problems[limit] = "With none a second nothing is sent. To stop sending, disable the connection."
    if connection.max_per_destination is not None and connection.max_per_destination < 1:
        problems["max_per_destination"] = "With no connection nothing is sent. To stop sending, disable the connection."
    if connection.password and not connection.user_name:
        problems["user_name"] = "A password needs the user name it belongs to."
    if connection.user_name and not connection.password:
        problems["password"] = f"Server {connection.server} will ask for the password of {connection.user_name}."
    if connection.max_connections is not None and connection.max_connections < 1:
        problems["max_connections"] = "With no connection nothing is sent. To stop sending, disable the connection."
    if connection.sender_address and not _is_sender_of(connection.zone, connection.sender_address):
        problems["sender_address"] = (
            f"{connection.sender_address} lies outside the sender domains of zone {connection.zone.name} "
            f"({', '.join(lines_of(connection.zone.sender_domains))})."
        )
    if problems:
        raise ValidationError(dict(problems))


def _problems_of_direct(connection: "EmailConnection") -> dict[str, str]:
    """What only a smarthost has. Foreign servers ask nobody to log in."""
    problems = {}
    if connection.server:
        problems["server"] = "Sending directly, the servers are found in DNS: leave this empty."
    if connection.user_name:
        problems["user_name"] = "Sending directly, nobody logs in at the recipients' servers: leave this empty."
    return problems


def check_credential(credential: "Credential") -> None:
    """Raises where the credential left its zone, or its limits let nothing in. Its applications: `check_applications_of`."""
    _stays_in_its_zone(credential)
    nothing = "With none a minute nothing is let in. To let nobody in, disable the credential."
    limits = ("requests_per_minute", "recipients_per_minute")
    if problems := {name: nothing for name in limits if getattr(credential, name) == 0}:
        raise ValidationError(problems)


def check_applications_of(credential: "Credential", applications: Collection["Application"]) -> None:
    """Raises where `applications` do not fit the credential: none at all, too much said, or another zone's."""
    if credential.all_applications:
        if applications:
            raise ValidationError({"applications": "It may use all applications of its zone: list none besides."})
        return
    if not applications and credential.channel == Channel.EMAIL:
        raise ValidationError({"applications": "Choose its applications, or let it use all applications of its zone."})
    if strangers := sorted(str(a) for a in applications if a.zone_id != credential.zone_id):
        raise ValidationError({"applications": f"{', '.join(strangers)}: not in zone {credential.zone.name}."})


def check_sender_domain(row: "SenderDomain") -> None:
    """Raises where the zone may not send from the domain. Puts it in ASCII and lower case."""
    _stays_in_its_zone(row)
    row.domain = _ascii(row.domain)
    before = _before(row)
    if before is not None and before.domain != row.domain:
        raise ValidationError(
            {"domain": f"The keys and their records belong to {before.domain}. Make a new one instead."}
        )
    allowed = lines_of(row.zone.sender_domains)
    if not covers(allowed, row.domain) and row.domain not in {_ascii(line.removeprefix("*.")) for line in allowed}:
        raise ValidationError(
            {
                "domain": f"{row.domain} lies outside the sender domains of zone {row.zone.name} "
                f"({', '.join(allowed)}). Add it to the zone first."
            }
        )


# --- helpers


def _ascii(domain: str) -> str:
    """The domain as DNS knows it (RFC 5890 2.3.2.1), in lower case; what has no such form stays as it is."""
    try:
        return domain.lower() if domain.isascii() else domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.lower()


def _is_host(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return _is_domain(value)
    return True


def _is_domain(value: str) -> bool:
    ascii_form = _ascii(value)
    labels = ascii_form.split(".")
    return len(ascii_form) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def _is_local_part(value: str) -> bool:
    """The domain is judged by `_is_domain`, which knows internal names; so any domain does here."""
    try:
        validate_email(f"{value}@example.com", check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _is_sender_of(zone: "Zone", address: str) -> bool:
    return covers(lines_of(zone.sender_domains), split_address(address)[1])


def _senders_outside(application: "Application") -> str:
    """The first allowed sender that the zone does not allow; empty where there is none."""
    return next(
        (line for line in lines_of(application.allowed_senders) if not _is_sender_of(application.zone, line)), ""
    )


def _same_short_code(application: "Application") -> "Application | None":
    if not application.short_code:
        return None
    same = type(application).objects.filter(zone_id=application.zone_id, short_code=application.short_code)
    return same.exclude(pk=application.pk).select_related("zone").first()


def _before(row: Row) -> Row | None:
    """The row as it is stored; None where it is new."""
    return None if row._state.adding else type(row)._default_manager.filter(pk=row.pk).first()


def _stays_in_its_zone(row: "Application | EmailConnection | Credential | SenderDomain") -> None:
    before = _before(row)
    if before is not None and before.zone_id != row.zone_id:
        raise ValidationError(
            {"zone": "It stays in its zone, with the mail that was sent there. Make a new one instead."}
        )
