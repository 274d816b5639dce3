"""Asking DNS, with a memory: what is there, what is surely not there, and what could not be found out (RFC 1034, 2308).

The difference matters: a name that does not exist fails a mail at once, a name server that does not answer only defers it.
Used by one event loop at a time.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.resolver
from django.conf import settings

ONE_TRY, ALL_TRIES = 3.0, 10.0
"""Seconds for one question to one server, and for an answer altogether."""
SHORTEST, LONGEST = 5.0, 3600.0
"""Seconds an answer is remembered, whatever its TTL says."""
ABSENT, TROUBLED = 60.0, 5.0
"""Seconds it is remembered that there is nothing, and that nothing could be found out."""
REMEMBERED = 10_000
_PAYLOAD = 1232


class Found(Enum):
    """`NO_NAME` is NXDOMAIN, `NO_DATA` a name without such records, `TROUBLE` SERVFAIL, no answer, or nonsense."""

    RECORDS = auto()
    NO_DATA = auto()
    NO_NAME = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Lookup:
    """What came of a question. `records` are dnspython's rdatas; `is_authentic` is the AD bit (RFC 4035 3.2.3)."""

    found: Found
    records: tuple[Any, ...] = ()
    why: str = ""
    is_authentic: bool = False
    seconds: float = TROUBLED


_memory: OrderedDict[tuple[str, str], tuple[float, Lookup]] = OrderedDict()


async def lookup(name: str, type: str) -> Lookup:
    """The records of `type` (MX, A, …) of an absolute name. Follows CNAMEs. Never raises for what DNS says or does not say."""
    key = (name.lower().rstrip("."), type)
    if (known := _memory.get(key)) is not None and known[0] > time.monotonic():
        _memory.move_to_end(key)
        return known[1]
    fresh = await _ask(key[0], type)
    _memory[key] = (time.monotonic() + fresh.seconds, fresh)
    _memory.move_to_end(key)
    while len(_memory) > REMEMBERED:
        _memory.popitem(last=False)
    return fresh


def forget() -> None:
    """Ask anew from now on."""
    _memory.clear()


async def _ask(name: str, type: str) -> Lookup:
    try:
        absolute = dns.name.from_text(name, dns.name.root)
        answer = await _resolver(tuple(settings.EPM_DNS_SERVERS)).resolve(
            absolute, type, raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN:
        return Lookup(Found.NO_NAME, why=f"There is no domain {name}.", seconds=ABSENT)
    except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
        return Lookup(Found.NO_NAME, why=f"{name} is no name that DNS could know.", seconds=ABSENT)
    except (dns.exception.DNSException, OSError) as trouble:
        return Lookup(Found.TROUBLE, why=f"DNS gave no answer about {name} ({type}): {_in_words(trouble)}")
    is_authentic = bool(answer.response.flags & dns.flags.AD)
    if answer.rrset is None:
        why = f"{name} has no {type} records."
        return Lookup(Found.NO_DATA, why=why, is_authentic=is_authentic, seconds=ABSENT)
    return Lookup(
        Found.RECORDS,
        tuple(answer.rrset),
        is_authentic=is_authentic,
        seconds=min(max(answer.expiration - time.time(), SHORTEST), LONGEST),
    )


@lru_cache(maxsize=4)
def _resolver(servers: tuple[str, ...]) -> dns.asyncresolver.Resolver:
    """The system's resolver, or one that asks `servers` (address or address:port)."""
    resolver = dns.asyncresolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = [_server(server) for server in servers]
    resolver.timeout, resolver.lifetime = ONE_TRY, ALL_TRIES
    resolver.use_edns(0, dns.flags.DO, _PAYLOAD)
    resolver.flags = dns.flags.RD | dns.flags.AD
    return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    address, port = text, 53
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = int(rest.removeprefix(":") or 53)
    elif text.count(":") == 1:
        address, _, rest = text.partition(":")
        port = int(rest)
    return dns.nameserver.Do53Nameserver(address, port)


def _in_words(trouble: Exception) -> str:
    return " ".join(str(trouble).split())[:300] or type(trouble).__name__
