"""From a route to an open connection: at once to a smarthost; for a direct route through DNS, server by server, address by
address, until one greets us and is protected as well as the policy asks (RFC 5321 5.1, RFC 3207, RFC 7435).
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_address

from email_processor.outbound import dane, mta_sts, mx
from email_processor.outbound.mx import NoRoute
from email_processor.outbound.routing import Route, Tlsa
from email_processor.outbound.send_result import Outcome, SendResult, Stage
from email_processor.outbound.smtp import Connection
from epm.choices import TlsPolicy, Transport

ADDRESSES = 10
"""How many addresses are tried in one attempt."""


async def dial(route: Route) -> Connection | SendResult:
    """An open connection, or what the first mail is told."""
    if route.is_direct:
        return await _dial_directly(route)
    if route.sources:
        return await _first(_addresses_of_smarthost(route), route)
    return await _open(route)


async def _dial_directly(route: Route) -> Connection | SendResult:
    hosts = await mx.hosts_of(route.destination)
    if isinstance(hosts, NoRoute):
        return _no_route(route, hosts)
    return await _first(_addresses(route, hosts), route)


async def _first(candidates: AsyncIterator[Route | NoRoute], route: Route) -> Connection | SendResult:
    """The first candidate that lets us in; else the last trouble. What is final counts only where all of it is."""
    trouble = _no_route(route, NoRoute(f"{route.host} has no address.", "5.4.4", is_final=True))
    tries = 0
    async for candidate in candidates:
        if isinstance(candidate, NoRoute):
            found = _no_route(route, candidate)
            trouble = trouble if trouble.outcome is Outcome.DEFERRED else found
            continue
        opened = await _open(candidate)
        if isinstance(opened, Connection):
            return opened
        trouble, tries = opened, tries + 1
        if tries == ADDRESSES:
            break
    return trouble


async def _addresses(route: Route, hosts: mx.Hosts) -> AsyncIterator[Route | NoRoute]:
    policy = await _enforced(route)
    route = _protected(route, TlsPolicy.VERIFIED if policy else policy_for(route))
    for host in hosts.names:
        if policy is not None and not policy.permits(host):
            why = f"{host} is not among the servers that the MTA-STS policy of {route.destination} names."
            yield NoRoute(why, "4.7.5", is_final=False)
            continue
        addresses = await mx.addresses_of(host)
        if isinstance(addresses, NoRoute):
            yield addresses
            continue
        records = await _tlsa(route, host, hosts)
        if isinstance(records, NoRoute):
            yield records
            continue
        shown = _protected_by(route, records) if records else route
        for address in addresses:
            yield replace(shown, host=host, address=address, source=_source(route, address))


async def _addresses_of_smarthost(route: Route) -> AsyncIterator[Route | NoRoute]:
    """Asked for where the source address depends on the family."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
    except OSError as trouble:
        yield NoRoute(f"{route.host}: {trouble.strerror}", "4.4.3", is_final=False)
        return
    for *_, (address, *_) in found:
        yield replace(route, address=str(address), source=_source(route, str(address)))


async def _open(route: Route) -> Connection | SendResult:
    connection = Connection(route)
    trouble = await connection.open()
    if trouble is None:
        return connection
    if trouble.stage is Stage.TLS and route.tls_if_offered:
        # RFC 7435: who would also have gone unprotected does so where protection fails, on a fresh connection.
        return await _open(replace(route, transport=Transport.TCP, tls_if_offered=False))
    return trouble


async def _enforced(route: Route) -> mta_sts.Policy | None:
    """The MTA-STS policy that its destination wants enforced, unless the operator has decided otherwise."""
    if _own_policy(route) is not None or route.policy is TlsPolicy.NONE or route.destination.startswith("["):
        return None
    policy = await mta_sts.policy_of(route.destination)
    return policy if policy is not None and policy.mode == "enforce" else None


async def _tlsa(route: Route, host: str, hosts: mx.Hosts) -> tuple[Tlsa, ...] | NoRoute:
    """The TLSA records to honour, unless the operator has decided otherwise."""
    if _own_policy(route) is not None or route.policy is TlsPolicy.NONE:
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
