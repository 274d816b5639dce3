"""May an address send for a domain? SPF (RFC 7208), evaluated as a receiver does.

What depends on the single mail (`exists`, `ptr`, macros) counts as no match: a page about a domain has no mail at hand.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from lib import dns

RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
LOOKUPS = 10
"""Terms that ask the DNS, at most, in one evaluation (4.6.4)."""

_ASKING = ("include", "a", "mx", "ptr", "exists", "redirect")


class PermanentError(Exception):
    """The record cannot be evaluated; says why."""


def records(domain: str) -> list[str]:
    """The SPF records of a domain (4.5). Raises dns.NoAnswer."""
    return [text for text in dns.texts(domain) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def evaluate(domain: str, address: str) -> str:
    """pass, fail, softfail, neutral or none (2.6). Raises PermanentError and dns.NoAnswer."""
    return _Evaluation(ip_address(address)).of(domain)


class _Evaluation:
    """One evaluation: it counts the lookups over all records it reads."""

    def __init__(self, address: IPv4Address | IPv6Address) -> None:
        self._address = address
        self._lookups = 0

    def of(self, domain: str) -> str:
        found = records(domain)
        if not found:
            return "none"
        if len(found) > 1:
            raise PermanentError(f"{domain} has {len(found)} SPF records; there may be one only")
        terms = found[0].split()[1:]
        for term in terms:
            if "=" not in term and (result := self._match(term, domain)):
                return result
        redirects = [term[9:] for term in terms if term.lower().startswith("redirect=")]
        if not redirects:
            return "neutral"
        self._count("redirect")
        result = self.of(redirects[0])
        if result == "none":
            raise PermanentError(f"redirect={redirects[0]} leads to no SPF record")
        return result

    def _match(self, term: str, domain: str) -> str:
        """The result where the mechanism matches; empty where it does not (5)."""
        result = RESULTS[term[0]] if term[0] in RESULTS else RESULTS["+"]
        name, separator, rest = term.lstrip("+-~?").partition(":")
        name, slash, prefix = name.partition("/")
        name = name.lower()
        self._count(name)
        value = rest if separator else (f"/{prefix}" if slash else "")
        return result if self._is_match(name, value, domain) else ""

    def _is_match(self, name: str, value: str, domain: str) -> bool:
        if name == "all":
            return True
        if name in ("ip4", "ip6"):
            return self._is_in(value)
        if name in ("exists", "ptr") or "%" in value:
            return False
        if name == "include":
            return self._includes(value)
        if name not in ("a", "mx"):
            raise PermanentError(f"there is no mechanism “{name}”")
        host, _, prefixes = value.partition("/")
        hosts = [host or domain] if name == "a" else dns.mail_servers(host or domain)[:LOOKUPS]
        return any(self._is_near(address, prefixes) for host in hosts if host for address in dns.addresses(host))

    def _includes(self, domain: str) -> bool:
        result = self.of(domain)
        if result == "none":
            raise PermanentError(f"include:{domain} leads to no SPF record")
        return result == "pass"

    def _is_near(self, address: str, prefixes: str) -> bool:
        """`24`, `24//64` or `/64`: how many bits of an IPv4 and an IPv6 address count (5.6)."""
        four, _, six = prefixes.partition("//") if not prefixes.startswith("/") else ("", "", prefixes.lstrip("/"))
        bits = six if ":" in address else four
        return self._is_in(f"{address}/{bits}" if bits else address)

    def _is_in(self, network: str) -> bool:
        try:
            return self._address in ip_network(network, strict=False)
        except ValueError as error:
            raise PermanentError(f"“{network}” is no network") from error

    def _count(self, name: str) -> None:
        self._lookups += name in _ASKING
        if self._lookups > LOOKUPS:
            raise PermanentError(f"it takes more than {LOOKUPS} DNS lookups")


def with_addresses(record: str, addresses: Iterable[str]) -> str:
    """`record` with mechanisms for `addresses`, put before what ends it."""
    terms = record.split()
    fresh = [f"ip{ip_address(address).version}:{address}" for address in addresses]
    ends = next((at for at, term in enumerate(terms) if _ends(term)), len(terms))
    return " ".join([*terms[:ends], *fresh, *terms[ends:]])


def _ends(term: str) -> bool:
    return term.lstrip("+-~?").lower() == "all" or term.lower().startswith("redirect=")
