"""From a route to an open connection: to a smarthost, address by address; for a direct route through DNS, server by server, too,
until one greets us and is protected as well as the policy asks (RFC 5321 5.1, RFC 3207, RFC 7435).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from ipaddress import ip_address

from email_processor.models import PolicyType
from email_processor.outbound import dane, mta_sts, mx, tls_reporting
from email_processor.outbound.mx import NoRoute
from email_processor.outbound.routing import Route, Tlsa
from email_processor.outbound.send_result import Outcome, SendResult, Stage
from email_processor.outbound.smtp import TIMEOUTS, Connection
from email_processor.outbound.tls import Failure
from email_processor.outbound.tls_reporting import Observed, Policy
from email_processor.outbound.transcript import ASIDE, Spoken
from epm.choices import TlsPolicy, Transport
from lib import names

ADDRESSES = 10
"""How many addresses are tried in one attempt."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address to try, and the weaker ways to try it again where it cannot be protected as the one before (RFC 7435)."""

    route: Route
    weaker: tuple[Route, ...] = ()
    policy: Policy | None = None
    """By whose word it is protected, for TLS reports; None: of no interest to them."""


async def dial(route: Route) -> Connection | SendResult:
    """An open connection, or what the first mail is told."""
    if route.is_direct:
        return await _dial_directly(route)
    return await _first(_addresses_of_smarthost(route), route)


async def _dial_directly(route: Route) -> Connection | SendResult:
    hosts = await mx.hosts_of(route.destination)
    if isinstance(hosts, NoRoute):
        return _no_route(route, hosts)
    return await _first(_addresses(route, hosts), route)


async def _first(candidates: AsyncIterator[Candidate | NoRoute], route: Route) -> Connection | SendResult:
    """The first candidate that lets us in; else the last trouble. What is final counts only where all of it is."""
    trouble = _no_route(route, NoRoute(f"{route.host} has no address.", "5.4.4", is_final=True))
    spoken, tries = tuple[Spoken, ...](), 0
    async for candidate in candidates:
        if isinstance(candidate, NoRoute):
            spoken = (*spoken, (ASIDE, f"{candidate.why}\r\n".encode()))
            found = _no_route(route, candidate)
            trouble = trouble if trouble.outcome is Outcome.DEFERRED else found
            continue
        opened = await _open(candidate, spoken)
        if isinstance(opened, Connection):
            return opened
        trouble, spoken, tries = opened, opened.spoken, tries + 1
        if tries == ADDRESSES or _is_login_refused(opened):
            break
    return replace(trouble, spoken=spoken)


def _is_login_refused(trouble: SendResult) -> bool:
    """For good: the service behind all of these addresses says so, and too many refusals lock an account."""
    return trouble.stage is Stage.LOGIN and trouble.code is not None and trouble.code // 100 == 5


async def _addresses(route: Route, hosts: mx.Hosts) -> AsyncIterator[Candidate | NoRoute]:
    found = await _sts(route)
    policy = found if isinstance(found, mta_sts.Policy) else None
    reported = None if found is not None or _is_decided(route) else Policy(PolicyType.NONE, route.destination)
    for host in hosts.names:
        if policy is not None and not policy.permits(host):
            why = f"{host} is not among the servers that the MTA-STS policy of {route.destination} names."
            _note(route, _told_by_sts(route, policy), Observed(Failure.OTHER, host, reason=why))
            if policy.mode == "enforce":
                yield NoRoute(why, "4.7.5", is_final=False)
                continue
        addresses = await mx.addresses_of(host)
        if isinstance(addresses, NoRoute):
            yield addresses
            continue
        records = await _tlsa(route, host, hosts)
        if isinstance(records, NoRoute):
            _note(route, Policy(PolicyType.TLSA, host), Observed(Failure.NO_TLSA, host, reason=records.why))
            yield records
            continue
        for address in addresses:
            there = replace(route, host=host, address=address, source=_source(route, address))
            yield _candidate(there, policy, records, reported)


def _candidate(
    there: Route, policy: mta_sts.Policy | None, records: tuple[Tlsa, ...], reported: Policy | None
) -> Candidate:
    """How an address is to be protected: as DANE says, else as MTA-STS, else as the operator does.

    A policy in mode testing is tried first, and what fails is only reported (RFC 8461 5).
    """
    usual = _protected(there, policy_for(there))
    weaker = (replace(usual, transport=Transport.TCP, tls_if_offered=False),) if usual.tls_if_offered else ()
    if records:
        enforced = policy is not None and policy.mode == "enforce"
        shown = _protected(there, TlsPolicy.VERIFIED if enforced else policy_for(there))
        strings = tuple(f"{r.usage} {r.selector} {r.matching} {r.data.hex()}" for r in records)
        return Candidate(_protected_by(shown, records), policy=Policy(PolicyType.TLSA, there.host, strings))
    if policy is None or not policy.permits(there.host):
        return Candidate(usual, weaker, reported)
    verified = _protected(there, TlsPolicy.VERIFIED)
    return Candidate(verified, () if policy.mode == "enforce" else (usual, *weaker), _told_by_sts(there, policy))


async def _addresses_of_smarthost(route: Route) -> AsyncIterator[Candidate | NoRoute]:
    """All of them, because one may be down, and because the source address depends on the family."""
    try:
        addresses = await names.addresses_of(route.host, TIMEOUTS[Stage.CONNECT])
    except TimeoutError:
        yield NoRoute(f"{route.host}: no name server has answered.", "4.4.3", is_final=False)
        return
    except OSError as trouble:
        yield NoRoute(f"{route.host}: {trouble.strerror}", "4.4.3", is_final=False)
        return
    for address in addresses:
        yield Candidate(replace(route, address=address, source=_source(route, address)))


async def _open(candidate: Candidate, spoken: tuple[Spoken, ...] = ()) -> Connection | SendResult:
    """`spoken` is what was said at other addresses before."""
    connection = Connection(candidate.route, spoken)
    trouble = await connection.open()
    if candidate.policy is not None:
        _report(candidate.route, candidate.policy, connection, trouble)
    if trouble is None:
        return connection
    if trouble.stage is Stage.TLS and candidate.weaker:
        # On a fresh connection: what a failed handshake leaves behind is of no use.
        return await _open(Candidate(candidate.weaker[0], candidate.weaker[1:]), trouble.spoken)
    return trouble


def _report(route: Route, policy: Policy, connection: Connection, trouble: SendResult | None) -> None:
    """A connection that never came to TLS says nothing about it."""
    if trouble is None:
        failure, reason = "" if connection.is_protected else Failure.NOT_OFFERED, ""
    elif trouble.stage is Stage.TLS:
        failure, reason = trouble.tls_failure, str(trouble.code or trouble.text)
    else:
        return
    _note(
        route,
        policy,
        Observed(failure, route.host, route.address, connection.source, reason) if failure else Observed(),
    )


def _note(route: Route, policy: Policy, observed: Observed) -> None:
    tls_reporting.note(route.destination, policy, observed)


async def _sts(route: Route) -> mta_sts.Policy | mta_sts.NoUse | None:
    """The MTA-STS policy to honour, unless the operator has decided otherwise."""
    if _is_decided(route):
        return None
    policy = await mta_sts.policy_of(route.destination)
    if isinstance(policy, mta_sts.NoUse):
        _note(route, Policy(PolicyType.STS, route.destination), Observed(policy.failure, reason=policy.why))
    return None if isinstance(policy, mta_sts.Policy) and policy.mode == "none" else policy


def _told_by_sts(route: Route, policy: mta_sts.Policy) -> Policy:
    return Policy(PolicyType.STS, route.destination, policy.lines)


async def _tlsa(route: Route, host: str, hosts: mx.Hosts) -> tuple[Tlsa, ...] | NoRoute:
    """The TLSA records to honour, unless the operator has decided otherwise."""
    if _is_decided(route):
        return ()
    return await dane.records_of(host, route.port, hosts)


def _protected_by(route: Route, records: tuple[Tlsa, ...]) -> Route:
    """TLS is required; the certificate is proven by DNS instead of authorities, where it can be."""
    proving = dane.to_prove(records)
    return replace(
        route,
        transport=Transport.STARTTLS,
        tls_if_offered=False,
        verify=route.verify and not proving,
        tlsa=proving,
    )


def _protected(route: Route, policy: TlsPolicy) -> Route:
    """The route with what `policy` asks of each server."""
    return replace(
        route,
        transport=Transport.TCP if policy is TlsPolicy.NONE else Transport.STARTTLS,
        tls_if_offered=policy is TlsPolicy.OPPORTUNISTIC,
        verify=policy is TlsPolicy.VERIFIED,
    )


def _is_decided(route: Route) -> bool:
    """Need the domain not be asked, because the operator has decided, or because it is no domain?"""
    return _own_policy(route) is not None or route.policy is TlsPolicy.NONE or route.destination.startswith("[")


def policy_for(route: Route) -> TlsPolicy:
    """The operator's policy for the destination: its own line, else the one of its parent domains, else the connection's."""
    return _own_policy(route) or route.policy


def _own_policy(route: Route) -> TlsPolicy | None:
    policies = dict(route.policy_of_domains)
    domain = route.destination
    if domain in policies:
        return policies[domain]
    while "." in domain:
        domain = domain.partition(".")[2]
        if f"*.{domain}" in policies:
            return policies[f"*.{domain}"]
    return None


def _source(route: Route, address: str) -> str:
    """The own address to connect from; empty where the system chooses."""
    version = ip_address(address).version
    return next((source for source in route.sources if ip_address(source).version == version), "")


def _no_route(route: Route, reason: NoRoute) -> SendResult:
    outcome = Outcome.FAILED if reason.is_final else Outcome.DEFERRED
    return SendResult(outcome, Stage.ROUTE, reason.why, route.host, enhanced=reason.enhanced)
