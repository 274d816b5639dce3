"""Which way a mail goes out: a connection of its zone, or the simulated world of the sandbox."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.conf import settings

from epm.choices import ConnectionKind, TlsPolicy, Transport
from epm.models import EmailConnection

SANDBOX = 0
"""Stands where the key of a connection would, for mails to the simulated world (keys begin at 1)."""
_SIMULATOR_CONNECTIONS = 20


class Tlsa(NamedTuple):
    """What DNS says of a server's certificate (RFC 6698 2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Route:
    """A server and how to reach it. `limit` is how many connections one worker opens to it at most.

    `way` is the key of the EmailConnection it was made from, or SANDBOX. A direct one leads to the servers of the domain
    `destination`, which DNS names.
    """

    way: int
    host: str
    port: int
    transport: Transport
    limit: int
    verify: bool = True
    user_name: str = ""
    password: str = field(default="", repr=False)
    is_direct: bool = False
    destination: str = ""
    sources: tuple[str, ...] = ()
    """Own addresses to connect from, one for each family at most; where a family has none, the system chooses."""
    address: str = ""
    """Where to connect to, once it is found out; `host` is the name that a certificate must prove."""
    source: str = ""
    """The own address to connect from, once it is known; empty: the system chooses."""
    tls_if_offered: bool = False
    """With STARTTLS: go on unprotected where the server does not offer it."""
    tlsa: tuple[Tlsa, ...] = ()
    """One of these the server's certificate must fit, if there are any (DANE)."""
    policy: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    policy_of_domains: tuple[tuple[str, TlsPolicy], ...] = ()

    def to(self, domain: str) -> "Route":
        """The route of a mail to `domain`."""
        return replace(self, destination=domain, host=domain) if self.is_direct else self


def route_of(connection: EmailConnection | None) -> Route:
    """The route of a connection, or of the sandbox where there is none."""
    if connection is None:
        return Route(
            SANDBOX, settings.EPM_SIMULATOR_HOST, settings.EPM_SIMULATOR_PORT, Transport.TCP, _SIMULATOR_CONNECTIONS
        )
    is_direct = connection.kind == ConnectionKind.DIRECT
    return Route(
        way=connection.pk,
        host=connection.server,
        port=connection.port,
        transport=Transport(connection.transport),
        limit=max(1, connection.max_per_destination if is_direct else connection.max_connections),
        verify=connection.verify_certificate,
        user_name=connection.user_name,
        password=connection.password,
        is_direct=is_direct,
        sources=tuple(source for source in (connection.source_ipv4, connection.source_ipv6) if source),
        policy=TlsPolicy(connection.tls_policy),
        policy_of_domains=_policies(connection.tls_policy_of_domains),
    )


def _policies(lines: str) -> tuple[tuple[str, TlsPolicy], ...]:
    pairs = (line.split(maxsplit=1) for line in lines.splitlines() if line.strip())
    return tuple((domain, TlsPolicy(policy.strip())) for domain, policy in pairs)
