"""Which servers take the mail of a domain (RFC 5321 5.1; RFC 7505 for domains that take none)."""

import asyncio
import random
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import ip_address

from django.conf import settings

from email_processor.outbound.resolver import Found, Lookup, lookup
from lib.networks import refusal

HOSTS = 8
"""How many servers of a domain are tried in one attempt."""
REMEMBERED = 10_000

_common_names: OrderedDict[str, str] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of a domain's servers, best first. `are_authentic`: DNSSEC vouches for them, says the resolver."""

    names: tuple[str, ...]
    are_authentic: bool = False
    best: tuple[str, ...] = field(default=(), compare=False)
    """Those of them that come first, in alphabetical order."""


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Why there is no server to try: for now, or for good. `enhanced` is the code of RFC 3463, 7505."""

    why: str
    enhanced: str
    is_final: bool


async def hosts_of(domain: str) -> Hosts | NoRoute:
    """The servers of a domain; of equals, in random order. A domain without MX records is its own server."""
    hosts = await _hosts_of(domain)
    _common_names[domain] = domain if isinstance(hosts, NoRoute) else _common_name(domain, hosts.best)
    _common_names.move_to_end(domain)
    while len(_common_names) > REMEMBERED:
        _common_names.popitem(last=False)
    return hosts


def common_name_of(domain: str) -> str | None:
    """What the names of a domain's servers have in common with those of others at the same provider; else the domain.

    None as long as this process has not looked for its servers.
    """
    return _common_names.get(domain)


def forget() -> None:
    """Know no servers any more."""
    _common_names.clear()


async def _hosts_of(domain: str) -> Hosts | NoRoute:
    if domain.startswith("["):
        return Hosts((domain,))
    answer = await lookup(domain, "MX")
    if answer.found is Found.TROUBLE:
        return NoRoute(answer.why, "4.4.3", is_final=False)
    if answer.found is Found.NO_NAME:
        return NoRoute(answer.why, "5.1.2", is_final=True)
    if answer.found is Found.NO_DATA:
        return Hosts((domain,), answer.is_authentic)
    return _preferred(domain, answer)


async def addresses_of(host: str) -> tuple[str, ...] | NoRoute:
    """The addresses of a server, IPv6 first; also of an address literal (RFC 5321 4.1.3)."""
    if host.startswith("["):
        return _literal(host)
    answers = await asyncio.gather(lookup(host, "AAAA"), lookup(host, "A"))
    addresses = tuple(record.address for answer in answers for record in answer.records)
    if addresses:
        return _permitted(host, addresses)
    if trouble := next((answer for answer in answers if answer.found is Found.TROUBLE), None):
        return NoRoute(trouble.why, "4.4.3", is_final=False)
    return NoRoute(f"The mail server {host} has no address.", "5.4.4", is_final=True)


def _preferred(domain: str, answer: Lookup) -> Hosts | NoRoute:
    ranked = [(record.preference, record.exchange.to_text(omit_final_dot=True).lower()) for record in answer.records]
    servers = [(preference, name) for preference, name in ranked if name not in (".", "@", "")]
    if not servers:
        return NoRoute(f"The domain {domain} takes no mail (null MX, RFC 7505).", "5.1.10", is_final=True)
    random.shuffle(servers)
    servers.sort(key=lambda server: server[0])
    # RFC 5321 5.1: who is on the list himself may pass a mail on to better ones only, or it would go round in a circle.
    own = [preference for preference, name in servers if name == settings.EPM_HOST_NAME.lower()]
    names = tuple(name for preference, name in servers if not own or preference < own[0])
    if not names:
        return NoRoute(f"This platform is itself the best mail server of {domain}.", "5.4.6", is_final=True)
    best = sorted(name for preference, name in servers if preference == servers[0][0])
    return Hosts(names[:HOSTS], answer.is_authentic, tuple(best))


def _common_name(domain: str, best: tuple[str, ...]) -> str:
    """A host name without its first label: mail.protection.outlook.com of contoso-com.mail.protection.outlook.com.

    A domain that has servers below itself, or none but itself, runs them. What is left of a name like bank.co.uk says nothing.
    """
    host = next(iter(best), domain)
    if host == domain or host.endswith(f".{domain}"):
        return domain
    parent = host.partition(".")[2]
    return host if "." not in parent or _SUFFIX.fullmatch(parent) else parent


_SUFFIX = re.compile(r"[a-z]{1,3}\.[a-z]{2}")
"""Looks like a public suffix: co.uk, com.au. Taking one too many for one costs a little grouping."""


def _permitted(host: str, addresses: tuple[str, ...]) -> tuple[str, ...] | NoRoute:
    """Whoever names a recipient must not reach what only this machine can reach."""
    permitted = tuple(address for address in addresses if not refusal(ip_address(address)))
    if permitted:
        return permitted
    why = f"{host} is at {addresses[0]}, where no mail may go directly: {refusal(ip_address(addresses[0]))}."
    return NoRoute(why, "5.4.4", is_final=True)


def _literal(host: str) -> tuple[str, ...] | NoRoute:
    try:
        return _permitted(host, (str(ip_address(host.strip("[]").removeprefix("ipv6:"))),))
    except ValueError:
        return NoRoute(f"{host} is no address of a mail server.", "5.1.2", is_final=True)
