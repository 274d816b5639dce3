"""MTA-STS (RFC 8461): what a domain asks of those who send to it, found in DNS and fetched by HTTPS.

Kept in this process for as long as the policy says, and used even while DNS or the web server says nothing (RFC 8461 5.1).
"""

import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from email_processor.outbound.resolver import Found, lookup
from email_processor.outbound.tls import Failure
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
class NoUse:
    """A domain says that it has a policy, and there is none that could be used. Says why, and by which result of RFC 8460."""

    why: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class Policy:
    """A domain's policy. `mode` is enforce, testing or none, `max_age` in seconds."""

    mode: str
    mx: tuple[str, ...]
    max_age: int

    @property
    def lines(self) -> tuple[str, ...]:
        """As the policy file has them."""
        servers = (f"mx: {name}" for name in self.mx)
        return "version: STSv1", f"mode: {self.mode}", *servers, f"max_age: {self.max_age}"

    def permits(self, host: str) -> bool:
        """Is `host` one of the servers it names? A wildcard stands for one label (RFC 8461 4.1)."""
        parent = host.partition(".")[2]
        return any(pattern == host or (parent and pattern == f"*.{parent}") for pattern in self.mx)


@dataclass(frozen=True, slots=True)
class _Kept:
    id: str
    policy: "Policy | NoUse"
    until: float


_kept: OrderedDict[str, _Kept] = OrderedDict()


async def policy_of(domain: str) -> Policy | NoUse | None:
    """The policy in force for `domain`; None where there is none."""
    kept = _kept.get(domain)
    kept = kept if kept is not None and kept.until > time.monotonic() else None
    id = await _id_of(domain)
    if not id or (kept is not None and kept.id == id):
        return kept.policy if kept else None
    fresh = await _fetch(domain)
    if isinstance(fresh, NoUse) and kept is not None and isinstance(kept.policy, Policy):
        return kept.policy
    lasts = fresh.max_age if isinstance(fresh, Policy) else ASK_AGAIN
    _keep(domain, _Kept(id, fresh, time.monotonic() + lasts))
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


async def _fetch(domain: str) -> Policy | NoUse:
    try:
        answer = await http.get(URL.format(domain=domain), headers={}, timeout=TIMEOUT, limit=LIMIT, redirects=0)
        if answer.status != 200 or answer.cut:
            return _no_use(domain, f"HTTP {answer.status}", Failure.POLICY_NOT_FETCHED)
        return read(answer.body.decode("utf-8", "replace"))
    except NoPolicy as trouble:
        return _no_use(domain, str(trouble), Failure.POLICY_INVALID)
    except Unreachable as trouble:
        is_untrusted = isinstance(_root_of(trouble), ssl.SSLCertVerificationError)
        failure = Failure.POLICY_HOST_NOT_TRUSTED if is_untrusted else Failure.POLICY_NOT_FETCHED
        return _no_use(domain, trouble.reason, failure)


def _no_use(domain: str, why: str, failure: Failure) -> NoUse:
    log.warning("the MTA-STS policy of %s is of no use: %s", domain, why)
    return NoUse(why, failure)


def _root_of(trouble: BaseException) -> BaseException:
    while (cause := trouble.__cause__ or trouble.__context__) is not None:
        trouble = cause
    return trouble


def _keep(domain: str, kept: _Kept) -> None:
    _kept[domain] = kept
    _kept.move_to_end(domain)
    while len(_kept) > REMEMBERED:
        _kept.popitem(last=False)
