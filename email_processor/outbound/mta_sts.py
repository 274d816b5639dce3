"""MTA-STS (RFC 8461): what a domain asks of those who send to it, found in DNS and fetched by HTTPS.

Kept in this process for as long as the policy says, and used even while DNS or the web server says nothing (RFC 8461 5.1).
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from email_processor.outbound.resolver import Found, lookup
from lib import http
from lib.http import Unreachable

log = logging.getLogger(__name__)

URL = "https://mta-sts.{domain}/.well-known/mta-sts.txt"
TIMEOUT, LIMIT = 30.0, 65_536
"""Seconds and octets a policy may take (RFC 8461 3.3)."""
LONGEST = 31_557_600
REMEMBERED = 10_000
ASK_AGAIN = 300.0
"""Seconds after which a policy that could not be fetched is asked for again."""


class NoPolicy(ValueError):
    """The text is no policy; the message says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A domain's policy. `mode` is enforce, testing or none, `max_age` in seconds."""

    mode: str
    mx: tuple[str, ...]
    max_age: int

    def permits(self, host: str) -> bool:
        """Is `host` one of the servers it names? A wildcard stands for one label (RFC 8461 4.1)."""
        parent = host.partition(".")[2]
        return any(pattern == host or (parent and pattern == f"*.{parent}") for pattern in self.mx)


@dataclass(frozen=True, slots=True)
class _Kept:
    id: str
    policy: Policy | None
    until: float


_kept: OrderedDict[str, _Kept] = OrderedDict()


async def policy_of(domain: str) -> Policy | None:
    """The policy in force for `domain`; None where there is none, or none that could be had."""
    kept = _kept.get(domain)
    kept = kept if kept is not None and kept.until > time.monotonic() else None
    id = await _id_of(domain)
    if not id or (kept is not None and kept.id == id):
        return kept.policy if kept else None
    fresh = await _fetch(domain)
    if fresh is None and kept is not None and kept.policy is not None:
        return kept.policy
    _keep(domain, _Kept(id, fresh, time.monotonic() + (fresh.max_age if fresh else ASK_AGAIN)))
    return fresh


def forget() -> None:
    """Know no policies any more."""
    _kept.clear()


def read(text: str) -> Policy:
    """A policy file (RFC 8461 3.2). Raises NoPolicy."""
    lines = [line.partition(":") for line in text.splitlines()]
    pairs = [(key.strip(), value.strip()) for key, colon, value in lines if colon]
    # Of a key that may stand once, the first counts.
    values = dict(reversed(pairs))
    if values.get("version") != "STSv1":
        raise NoPolicy("it does not say version: STSv1")
    if values.get("mode") not in ("enforce", "testing", "none"):
        raise NoPolicy("its mode is none of enforce, testing and none")
    age = values.get("max_age", "")
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        raise NoPolicy("its max_age is no number of seconds")
    mx = tuple(value.lower().rstrip(".") for key, value in pairs if key == "mx")
    if not mx and values["mode"] != "none":
        raise NoPolicy("it names no mail servers")
    return Policy(values["mode"], mx, min(int(age), LONGEST))


async def _id_of(domain: str) -> str:
    """The id of the record at _mta-sts; empty where there is not exactly one (RFC 8461 3.1)."""
    answer = await lookup(f"_mta-sts.{domain}", "TXT")
    texts = [b"".join(record.strings).decode("ascii", "replace") for record in answer.records]
    records = [text for text in texts if text.startswith("v=STSv1;")]
    if answer.found is not Found.RECORDS or len(records) != 1:
        return ""
    return _field(records[0].split(";"), "id")


def _field(fields: Sequence[str], name: str) -> str:
    return next((value.strip() for key, _, value in (f.partition("=") for f in fields) if key.strip() == name), "")


async def _fetch(domain: str) -> Policy | None:
    try:
        answer = await http.get(URL.format(domain=domain), headers={}, timeout=TIMEOUT, limit=LIMIT, redirects=0)
        if answer.status != 200 or answer.cut:
            return None
        return read(answer.body.decode("utf-8", "replace"))
    except (Unreachable, NoPolicy) as trouble:
        log.warning("the MTA-STS policy of %s is of no use: %s", domain, trouble)
        return None


def _keep(domain: str, kept: _Kept) -> None:
    _kept[domain] = kept
    _kept.move_to_end(domain)
    while len(_kept) > REMEMBERED:
        _kept.popitem(last=False)
