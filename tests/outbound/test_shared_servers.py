"""Domains whose mail the same servers take share what may be on the wire there, and how slow it must be."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from email_processor.models import SlowedDestination, State
from email_processor.outbound import breaker, mx, pace
from email_processor.outbound.cargo import Cargo
from email_processor.outbound.lane import Lane
from email_processor.outbound.lanes import Lanes
from epm.models import EmailConnection, Zone
from tests.outbound.claimed import make_claimed
from tests.outbound.internet import Internet, directly, drained
from tests.outbound.servers import odd_server_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def hosted(internet: Internet) -> Internet:
    """one.example and two.example are hosted by mail.provider.example, three.example is not."""
    for domain in ("one", "two"):
        internet.names.records[f"{domain}.example MX"] = [f"10 {domain}-example.mail.provider.example."]
        internet.names.records[f"{domain}-example.mail.provider.example A"] = ["127.0.0.2"]
    internet.names.records["three.example A"] = ["127.0.0.2"]
    return internet


@pytest.fixture
def looked_up(hosted: Internet) -> None:
    for domain in ("one", "two", "three"):
        asyncio.run(mx.hosts_of(f"{domain}.example"))


def opened(zone: Zone) -> Lanes:
    lanes = Lanes()
    ways = EmailConnection.objects.filter(zone=zone)
    lanes.open(ways, breaker.standings(ways), pace.read(zone.name))
    return lanes


def lined_up(lanes: Lanes, domain: str, count: int) -> Lane:
    claimed = [make_claimed(domain=domain) for _ in range(count)]
    lane = lanes.of(claimed[0])
    assert lane is not None
    for one in claimed:
        lane.queue(one)
    return lane


def on_the_wire(zone: Zone, *domains: str) -> dict[str, int]:
    """How many of 20 mails to each domain go at once."""
    lanes = opened(zone)
    for domain in domains:
        lined_up(lanes, domain, 20)
    for lane in lanes:
        lane.take_turns(Cargo())
    return {lane.route.destination: lane.on_the_wire for lane in lanes}


@pytest.mark.parametrize(
    ("host", "domain", "name"),
    [
        ("one-example.mail.provider.example", "one.example", "mail.provider.example"),
        ("mx1.provider.example", "one.example", "provider.example"),
        ("mx1.provider.co.uk", "one.example", "provider.co.uk"),
        ("provider.co.uk", "one.example", "provider.co.uk"),
        ("provider.example", "one.example", "provider.example"),
        ("mx.deep.one.example", "one.example", "one.example"),
        ("one.example", "one.example", "one.example"),
    ],
)
def test_servers_have_a_common_name(internet: Internet, host: str, domain: str, name: str) -> None:
    internet.names.records[f"{domain} MX"] = [f"10 {host}.", "20 mx.elsewhere.example."]
    asyncio.run(mx.hosts_of(domain))
    assert mx.common_name_of(domain) == name


def test_domains_of_the_same_servers_share_their_limit(zone: Zone, internet: Internet, looked_up: None) -> None:
    directly(zone, internet, max_per_destination=4)
    found = on_the_wire(zone, "one.example", "two.example", "three.example")
    assert (found["one.example"] + found["two.example"], found["three.example"]) == (4, 4)


def test_one_mail_goes_where_the_servers_are_not_yet_known(zone: Zone, internet: Internet) -> None:
    directly(zone, internet, max_per_destination=4)
    assert on_the_wire(zone, "unheard-of.example") == {"unheard-of.example": 1}


def test_what_is_on_the_wire_counts_once_the_servers_are_known(zone: Zone, hosted: Internet) -> None:
    directly(zone, hosted, max_per_destination=4)
    lanes = opened(zone)
    first, second = (lined_up(lanes, domain, 20) for domain in ("one.example", "two.example"))
    assert (len(first.take_turns(Cargo())), len(second.take_turns(Cargo()))) == (1, 1)
    for domain in ("one.example", "two.example"):
        asyncio.run(mx.hosts_of(domain))
    for lane in lanes:
        lane.take_turns(Cargo())
    assert first.on_the_wire + second.on_the_wire == 4


def test_no_domain_takes_all_the_turns(zone: Zone, internet: Internet, looked_up: None) -> None:
    directly(zone, internet, max_per_destination=1)
    lanes = opened(zone)
    first, second = (lined_up(lanes, domain, 20) for domain in ("one.example", "two.example"))
    for _ in range(10):
        for lane in lanes:
            lane.land(len(lane.take_turns(Cargo())))
    assert len(first.waiting) < 20
    assert len(second.waiting) < 20


def test_servers_that_ask_for_it_get_less_of_all_their_domains(zone: Zone, internet: Internet, looked_up: None) -> None:
    way = directly(zone, internet, max_per_destination=8)
    SlowedDestination.objects.create(
        connection=way, domain="mail.provider.example", steps=2, why="421", changed_at=timezone.now()
    )
    found = on_the_wire(zone, "one.example", "two.example", "three.example")
    assert (found["one.example"] + found["two.example"], found["three.example"]) == (2, 8)


def test_it_is_written_which_servers_asked_for_it(zone: Zone, hosted: Internet) -> None:
    with odd_server_at("127.0.0.2", 0, {"RCPT": b"421 4.3.2 too fast\r\n"}) as server:
        hosted.port = server.port
        directly(zone, hosted)
        assert drained(zone, "ann@one.example").state == State.DEFERRED
    row = SlowedDestination.objects.get()
    assert (row.domain, row.steps) == ("mail.provider.example", 1)
    assert timezone.now() - row.changed_at < timedelta(minutes=1)


# --- mails a second


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still."""
    monkeypatch.setattr("time.time", lambda: 1_900_000_000.0)


@pytest.mark.usefixtures("looked_up", "one_second")
def test_domains_of_the_same_servers_share_what_a_second_allows(zone: Zone, hosted: Internet) -> None:
    directly(zone, hosted, max_per_destination=9, max_per_second_per_destination=5)
    gone = on_the_wire(zone, "one.example", "two.example", "three.example")
    assert (gone["one.example"] + gone["two.example"], gone["three.example"]) == (5, 5)


@pytest.mark.usefixtures("looked_up", "one_second")
def test_workers_share_what_a_second_allows_to_one_destination(zone: Zone, hosted: Internet) -> None:
    directly(zone, hosted, max_per_destination=9, max_per_second_per_destination=5)
    assert [on_the_wire(zone, domain) for domain in ("one.example", "two.example")] == [
        {"one.example": 5},
        {"two.example": 0},
    ]


@pytest.mark.usefixtures("looked_up", "one_second")
def test_a_changed_limit_counts_at_once(zone: Zone, hosted: Internet) -> None:
    way = directly(zone, hosted, max_per_destination=9)
    lanes = opened(zone)
    lane = lined_up(lanes, "one.example", 20)
    way.max_per_second_per_destination = 3
    lanes.open([way], {}, pace.read(zone.name))
    assert len(lane.take_turns(Cargo())) == 3
