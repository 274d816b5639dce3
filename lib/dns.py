"""Questions to the DNS, asked and waited for, with plain answers: for pages and checks, not for the sending of mail.

EPM_DNS_SERVERS names the resolvers; where it is empty, the system's are asked. That there is nothing is an answer (an empty
list); that nobody could say (SERVFAIL, time-out) is NoAnswer: the one must never be taken for the other.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.name
import dns.resolver
import dns.reversename
from django.conf import settings
from dns.nameserver import Do53Nameserver
from dns.rdatatype import RdataType

_PATIENCE_SECONDS = 4.0
_PORT = 53


class NoAnswer(Exception):
    """The DNS could not say, now."""


def texts(name: str) -> list[str]:
    """The TXT records, each with its strings joined (RFC 7208 3.3)."""
    return [b"".join(found.strings).decode("utf-8", "replace") for found in _ask(name, RdataType.TXT)]


def addresses(name: str) -> list[str]:
    """The IPv4 and IPv6 addresses of a host."""
    return [found.address for kind in (RdataType.A, RdataType.AAAA) for found in _ask(name, kind)]


def mail_servers(domain: str) -> list[str]:
    """The hosts of the MX records, preferred ones first; [""] for a null MX (RFC 7505)."""
    found = sorted(_ask(domain, RdataType.MX), key=lambda mx: (mx.preference, mx.exchange.to_text()))
    return [_text(mx.exchange) for mx in found]


def host_names(address: str) -> list[str]:
    """The names that the reverse DNS (PTR) gives an address."""
    name = dns.reversename.from_address(str(ip_address(address)))
    return [_text(found.target) for found in _ask(name.to_text(), RdataType.PTR)]


def _ask(name: str, kind: RdataType) -> list[Any]:
    try:
        answer = _resolver(tuple(settings.EPM_DNS_SERVERS)).resolve(name, kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(f"The DNS does not answer for {name}: {error}") from error
    return list(answer)


@lru_cache(maxsize=4)
def _resolver(servers: tuple[str, ...]) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = [_nameserver(server) for server in servers]
    resolver.lifetime = _PATIENCE_SECONDS
    return resolver


def _nameserver(server: str) -> Do53Nameserver:
    """`192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`."""
    host, _, port = server.rpartition(":")
    if host and (server.startswith("[") or server.count(":") == 1):
        return Do53Nameserver(host.strip("[]"), int(port))
    return Do53Nameserver(server.strip("[]"), _PORT)


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removeprefix(".") if name != dns.name.root else ""
