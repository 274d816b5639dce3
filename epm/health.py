"""Is a sender domain set up so that its mail is believed? What the DNS says, what to think of it, and what to publish.

SPF (RFC 7208) is about the return path's domain, DKIM (RFC 6376) and DMARC (RFC 7489) about the domain in From, the MX
about where reports come back to, the PTR about the addresses mail comes from.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from ipaddress import ip_address
from typing import Any

import dns.reversename
from django.conf import settings

from epm import dkim_keys, spf
from epm.choices import ConnectionKind, KeyState
from epm.dkim_keys import Record
from epm.models import DkimKey, EmailConnection, SenderDomain
from lib.dns import NoAnswer, addresses, host_names, mail_servers, texts


class Verdict(StrEnum):
    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found under `name`, the verdict with a sentence, and the record to publish, if any."""

    subject: str
    name: str
    found: tuple[str, ...]
    verdict: Verdict
    sentence: str
    publish: Record | None = None

    def as_data(self) -> dict[str, Any]:
        """Ready for JSON."""
        record = self.publish
        return {
            "subject": self.subject,
            "name": self.name,
            "found": list(self.found),
            "verdict": str(self.verdict),
            "sentence": self.sentence,
            "publish": {"name": record.name, "type": record.type, "value": record.value} if record else None,
        }


@dataclass(frozen=True, slots=True)
class Setup:
    """What this platform knows of itself: how a zone's mail goes out."""

    return_paths: tuple[str, ...]
    addresses: tuple[str, ...]


Look = tuple[str, str, Callable[[], Finding]]
"""Subject, name, and how to find out."""

_AT_ONCE = 8


def health(domain: SenderDomain) -> list[Finding]:
    """All findings about a domain. Asks the DNS, which may take some seconds; what it cannot say is a finding too."""
    setup = _setup(domain)
    keys = list(domain.keys.exclude(state=KeyState.RETIRED).select_related("sender_domain"))
    looks: list[Look] = [
        *(("SPF", path, partial(_spf, path, setup)) for path in setup.return_paths),
        *(("DKIM", str(key), partial(_dkim, key)) for key in keys),
        *([] if any(key.state == KeyState.ACTIVE for key in keys) else [("DKIM", "", partial(_unsigned, domain))]),
        ("DMARC", f"_dmarc.{domain.domain}", partial(_dmarc, domain.domain)),
        *(("Return path MX", path, partial(_mx, path)) for path in setup.return_paths),
        *(("PTR", address, partial(_ptr, address)) for address in setup.addresses),
    ]
    with ThreadPoolExecutor(
        _AT_ONCE, "health"
    ) as pool:  # a name server that is away is waited for once, not every time
        found = list(pool.map(_careful, looks))
    return found if setup.addresses else [*found, _no_addresses()]


def _setup(domain: SenderDomain) -> Setup:
    connections = list(EmailConnection.objects.filter(zone=domain.zone_id, enabled=True))
    paths = dict.fromkeys(connection.return_path_domain.lower() for connection in connections)
    named = settings.EPM_SENDING_ADDRESSES or [address for one in connections for address in _addresses_of(one)]
    return Setup(
        tuple(paths), tuple(dict.fromkeys(address for address in named if not ip_address(address).is_loopback))
    )


def _addresses_of(connection: EmailConnection) -> list[str]:
    """A server of one's own sends from where it is reached; a provider's may not, and then its addresses are set by hand."""
    if connection.kind == ConnectionKind.DIRECT:
        return [address for address in (connection.source_ipv4, connection.source_ipv6) if address]
    try:
        return [str(ip_address(connection.server))]
    except ValueError:
        pass
    try:
        return addresses(connection.server)
    except NoAnswer:
        return []


def _careful(look: Look) -> Finding:
    subject, name, find = look
    try:
        return find()
    except NoAnswer as error:
        return Finding(subject, name, (), Verdict.UNKNOWN, f"{error}. Try again later.")


def _spf(path: str, setup: Setup) -> Finding:
    found = tuple(spf.records(path))
    if not found:
        whole = Record(path, "TXT", spf.with_addresses("v=spf1 -all", setup.addresses))
        sentence = f"{path} has no SPF record: receivers cannot tell our mail from a forgery."
        return Finding("SPF", path, (), Verdict.BAD, sentence, whole if setup.addresses else None)
    try:
        outside = [address for address in setup.addresses if spf.evaluate(path, address) != "pass"]
    except spf.PermanentError as error:
        return Finding("SPF", path, found, Verdict.BAD, f"Receivers cannot use the record: {error}.")
    if outside:
        more = Record(path, "TXT", spf.with_addresses(found[0], outside))
        sentence = f"The record does not allow {', '.join(outside)}, from where mail is sent."
        return Finding("SPF", path, found, Verdict.BAD, sentence, more)
    if not setup.addresses:
        return Finding("SPF", path, found, Verdict.DOUBTFUL, "There is a record; whether it fits cannot be said.")
    return Finding("SPF", path, found, Verdict.GOOD, f"It allows {', '.join(setup.addresses)}.")


def _dkim(key: DkimKey) -> Finding:
    found = tuple(texts(str(key)))
    if any(dkim_keys.is_in(key, text) for text in found):
        does = "mail is signed with it" if key.state == KeyState.ACTIVE else "it can be switched to"
        return Finding("DKIM", str(key), found, Verdict.GOOD, f"The key is published; {does}.")
    says = "The DNS shows another key" if found else "The key is not in the DNS"
    if key.state == KeyState.ACTIVE:
        sentence = f"{says}, and mail is signed with this one: no receiver can verify it. Publish the record."
        return Finding("DKIM", str(key), found, Verdict.BAD, sentence, dkim_keys.record(key))
    sentence = f"{says} yet. Publish the record; then the key can be switched to."
    return Finding("DKIM", str(key), found, Verdict.DOUBTFUL, sentence, dkim_keys.record(key))


def _unsigned(domain: SenderDomain) -> Finding:
    sentence = "Mail from this domain is not signed: make a key, publish it, switch to it."
    return Finding("DKIM", domain.domain, (), Verdict.BAD, sentence)


def _dmarc(domain: str) -> Finding:
    """The domain's own policy, else that of the nearest domain above which has one (RFC 7489 6.6.3)."""
    name = f"_dmarc.{domain}"
    for above in _family(domain):
        found = tuple(text for text in texts(f"_dmarc.{above}") if text.lower().replace(" ", "").startswith("v=dmarc1"))
        if found:
            return _judged_policy(f"_dmarc.{above}", found, is_inherited=above != domain)
    sentence = "There is no DMARC policy. Large receivers want one from everybody who sends much."
    start = Record(name, "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
    return Finding("DMARC", name, (), Verdict.BAD, sentence, start)


def _judged_policy(name: str, found: tuple[str, ...], *, is_inherited: bool) -> Finding:
    if len(found) > 1:
        return Finding("DMARC", name, found, Verdict.BAD, "There are several records: receivers ignore all of them.")
    tags = dict(tag.strip().lower().split("=", 1) for tag in found[0].split(";") if "=" in tag)
    policy = (tags.get("sp") if is_inherited else None) or tags.get("p", "")
    if policy not in ("none", "quarantine", "reject"):
        return Finding("DMARC", name, found, Verdict.BAD, f"The record has no valid policy (p={policy}).")
    if policy == "none":
        sentence = "The policy only watches. When the reports show no strangers, go on to quarantine or reject."
        better = Record(name, "TXT", found[0].replace("p=none", "p=quarantine"))
        return Finding("DMARC", name, found, Verdict.DOUBTFUL, sentence, better)
    return Finding("DMARC", name, found, Verdict.GOOD, f"Forged mail is asked to be treated with “{policy}”.")


def _mx(path: str) -> Finding:
    servers = mail_servers(path)
    record = Record(path, "MX", f"10 {settings.EPM_HOST_NAME}.")
    if servers == [""]:
        return Finding("Return path MX", path, ("0 .",), Verdict.BAD, "It says that no mail is taken.", record)
    if not servers:
        sentence = "It has no MX: delivery reports do not find back, and some receivers refuse such senders."
        return Finding("Return path MX", path, (), Verdict.BAD, sentence, record)
    if lost := [server for server in servers if not addresses(server)]:
        sentence = f"{', '.join(lost)} has no address: reports sent there are lost."
        return Finding("Return path MX", path, tuple(servers), Verdict.BAD, sentence, record)
    if settings.EPM_HOST_NAME.lower() in servers:
        return Finding("Return path MX", path, tuple(servers), Verdict.GOOD, "Reports come back to this platform.")
    sentence = f"Reports go to {servers[0]}. Let it hand them to this platform's listener, or to a mailbox it reads."
    return Finding("Return path MX", path, tuple(servers), Verdict.DOUBTFUL, sentence, record)


def _ptr(address: str) -> Finding:
    names = tuple(host_names(address))
    reverse = dns.reversename.from_address(address).to_text(omit_final_dot=True)
    record = Record(reverse, "PTR", f"{settings.EPM_HOST_NAME}.")
    if not names:
        sentence = "The address has no name. Many receivers refuse it; ask who owns the address for the record."
        return Finding("PTR", address, (), Verdict.BAD, sentence, record)
    if not any(address in _in_one_form(addresses(name)) for name in names):
        sentence = f"{names[0]} does not lead back to {address}: such a name proves nothing."
        return Finding("PTR", address, names, Verdict.BAD, sentence, record)
    return Finding("PTR", address, names, Verdict.GOOD, "The name leads back to the address.")


def _no_addresses() -> Finding:
    sentence = "Where mail is sent from is not known: set EPM_SENDING_ADDRESSES to its public addresses."
    return Finding("PTR", "–", (), Verdict.UNKNOWN, sentence)


def _family(domain: str) -> Iterator[str]:
    """The domain and those above it, without the top level."""
    labels = domain.split(".")
    return (".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def _in_one_form(found: Iterable[str]) -> set[str]:
    return {str(ip_address(address)) for address in found}
