"""Questions to a real name server on loopback."""

import asyncio
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from email_processor.outbound import mx, resolver
from email_processor.outbound.mx import Hosts, NoRoute, addresses_of, hosts_of
from email_processor.outbound.resolver import Found, Lookup, lookup
from tests.outbound.dns_server import NameServer, name_server

RECORDS = {
    "shop.example MX": [
        "20 second.shop.example.",
        "10 first.shop.example.",
        "30 epm.localhost.",
        "40 last.shop.example.",
    ],
    "first.shop.example A": ["127.0.0.2", "127.0.0.3"],
    "first.shop.example AAAA": ["::1"],
    "bare.example A": ["127.0.0.2"],
    "null.example MX": ["0 ."],
    "ours.example MX": ["10 epm.localhost."],
    "alias.example CNAME": ["shop.example"],
    "one.example CNAME": ["two.example"],
    "two.example CNAME": ["one.example"],
    "equal.example MX": [f"10 mx{n}.equal.example." for n in range(6)],
    "text.example TXT": ['"nothing to do with mail"'],
}


@pytest.fixture
def server(settings: Settings) -> Iterator[NameServer]:
    resolver.forget()
    with name_server(NameServer(dict(RECORDS))) as server:
        settings.EPM_DNS_SERVERS = [server.address]
        settings.EPM_HOST_NAME = "epm.localhost"
        yield server
    resolver.forget()


def ask(name: str, type: str = "MX") -> Lookup:
    return asyncio.run(lookup(name, type))


def hosts(domain: str) -> Hosts | NoRoute:
    return asyncio.run(hosts_of(domain))


def no_route(domain: str) -> tuple[str, bool]:
    """Code and finality of the reason."""
    found = hosts(domain)
    assert isinstance(found, NoRoute)
    return found.enhanced, found.is_final


# --- answers


def test_it_tells_a_name_that_is_missing_from_records_that_are(server: NameServer) -> None:
    assert ask("nowhere.example").found is Found.NO_NAME
    assert ask("bare.example").found is Found.NO_DATA


def test_servfail_is_not_nxdomain(server: NameServer) -> None:
    server.broken.add("shop.example")
    assert ask("shop.example").found is Found.TROUBLE


def test_silence_is_not_nxdomain(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "ALL_TRIES", 0.2)
    server.silent.add("shop.example")
    assert ask("shop.example").found is Found.TROUBLE


def test_a_long_answer_comes_by_tcp(server: NameServer) -> None:
    server.long.add("shop.example")
    assert len(ask("shop.example").records) == 4


def test_a_circle_of_aliases_is_trouble(server: NameServer) -> None:
    assert ask("one.example").found is Found.TROUBLE


@pytest.mark.parametrize("name", ["a..example", f"{'x' * 64}.example", f"{'x.' * 130}example"])
def test_what_cannot_be_a_name_is_none(server: NameServer, name: str) -> None:
    assert ask(name).found is Found.NO_NAME


def test_it_asks_once(server: NameServer) -> None:
    for _ in range(3):
        ask("shop.example")
        ask("nowhere.example")
    assert server.asked == {"shop.example MX": 1, "nowhere.example MX": 1}


def test_it_asks_again_when_the_answer_is_too_old(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "SHORTEST", 0.0)
    server.ttl = 0
    ask("shop.example")
    ask("shop.example")
    assert server.asked["shop.example MX"] == 2


def test_it_forgets_the_longest_unused(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "REMEMBERED", 2)
    for name in ("shop.example", "bare.example", "shop.example", "null.example", "shop.example", "bare.example"):
        ask(name)
    assert server.asked == {"shop.example MX": 1, "bare.example MX": 2, "null.example MX": 1}


def test_it_says_whether_the_resolver_vouches(server: NameServer) -> None:
    server.vouches = True
    assert ask("shop.example").is_authentic


# --- servers of a domain


def test_the_best_comes_first_and_none_behind_ourselves(server: NameServer) -> None:
    assert hosts("shop.example") == Hosts(("first.shop.example", "second.shop.example"))


def test_equals_come_in_random_order(server: NameServer) -> None:
    orders = {found.names for _ in range(20) if isinstance(found := hosts("equal.example"), Hosts)}
    assert len(orders) > 1
    assert len({frozenset(order) for order in orders}) == 1


def test_a_domain_without_mx_is_its_own_server(server: NameServer) -> None:
    assert hosts("bare.example") == Hosts(("bare.example",))


def test_an_alias_is_followed(server: NameServer) -> None:
    assert isinstance(found := hosts("alias.example"), Hosts)
    assert found.names[0] == "first.shop.example"


@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("null.example", ("5.1.10", True)),
        ("nowhere.example", ("5.1.2", True)),
        ("ours.example", ("5.4.6", True)),
        ("one.example", ("4.4.3", False)),
    ],
)
def test_it_says_why_there_is_no_server(server: NameServer, domain: str, reason: tuple[str, bool]) -> None:
    assert no_route(domain) == reason


def test_addresses_of_both_families_are_found(server: NameServer) -> None:
    found = asyncio.run(addresses_of("first.shop.example"))
    assert isinstance(found, tuple)
    assert (found[0], set(found[1:])) == ("::1", {"127.0.0.2", "127.0.0.3"})


def test_a_server_without_address_is_no_server(server: NameServer) -> None:
    assert asyncio.run(addresses_of("text.example")) == NoRoute(
        "The mail server text.example has no address.", "5.4.4", is_final=True
    )


@pytest.mark.parametrize(("literal", "address"), [("[127.0.0.7]", "127.0.0.7"), ("[ipv6:::1]", "::1")])
def test_an_address_literal_needs_no_dns(server: NameServer, literal: str, address: str) -> None:
    assert hosts(literal) == Hosts((literal,))
    assert asyncio.run(mx.addresses_of(literal)) == (address,)
    assert not server.asked


def test_mail_goes_to_no_private_address(server: NameServer) -> None:
    server.records["inside.example A"] = ["10.0.0.1"]
    assert asyncio.run(addresses_of("inside.example")) == NoRoute(
        "inside.example is at 10.0.0.1, where no mail may go directly: it is private.", "5.4.4", is_final=True
    )


def test_of_several_addresses_the_public_ones_are_taken(server: NameServer) -> None:
    server.records["both.example A"] = ["10.0.0.1", "127.0.0.2"]
    assert asyncio.run(addresses_of("both.example")) == ("127.0.0.2",)
