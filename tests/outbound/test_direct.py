"""Directly to the mail servers of the recipients' domains: DNS on loopback, and sinks on several of its addresses."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from email_processor.models import ConnectionStanding, Recipient, State
from email_processor.outbound import lanes, resolver
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld, running_world
from epm.choices import ConnectionKind, Transport
from epm.models import EmailConnection, Zone
from tests import factories
from tests.outbound.dns_server import NameServer, name_server
from tests.outbound.servers import odd_server, odd_server_at
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


@dataclass
class Internet:
    """Sinks that listen on one port of different addresses, and a name server that knows them."""

    names: NameServer
    exits: ExitStack
    port: int = 0
    sinks: dict[str, RunningWorld] = field(default_factory=dict)

    def sink(self, address: str, **options: Any) -> RunningWorld:
        world = self.exits.enter_context(running_world(host=address, port=self.port, slow_reply=0.3, **options))
        self.port = world.port
        self.sinks[address] = world
        return world


@pytest.fixture
def internet(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """shop.example has a first and a second server, of which the test starts what it needs."""
    monkeypatch.setattr(resolver, "ONE_TRY", 0.2)
    monkeypatch.setattr(resolver, "ALL_TRIES", 0.3)
    resolver.forget()
    records = {
        "shop.example MX": ["10 first.shop.example.", "20 second.shop.example."],
        "first.shop.example A": ["127.0.0.2"],
        "second.shop.example A": ["127.0.0.3"],
        "bare.example A": ["127.0.0.2"],
        "six.example AAAA": ["::1"],
        "dead.example A": ["127.0.0.9"],
        "null.example MX": ["0 ."],
    }
    with ExitStack() as exits:
        server = exits.enter_context(name_server(NameServer(records)))
        settings.EPM_DNS_SERVERS = [server.address]
        yield Internet(server, exits)
    resolver.forget()


def directly(zone: Zone, internet: Internet, **fields: Any) -> EmailConnection:
    defaults = {"kind": ConnectionKind.DIRECT, "server": "", "port": internet.port, "transport": Transport.STARTTLS}
    return factories.make_connection(zone, "direct", **{**defaults, **fields})


def drained(zone: Zone, *addresses: str) -> Recipient:
    """The first recipient of a mail that was accepted and drained."""
    recipient = accept(make_submission(zone, *addresses)).recipients[0]
    drain(zone.name)
    return Recipient.objects.get(pk=recipient.pk)


def smtp_of(recipient: Recipient) -> dict[str, Any]:
    return recipient.events.order_by("sequence").reverse()[0].data["smtp"]  # type: ignore[no-any-return]


# --- which server


def test_it_goes_to_the_best_server(zone: Zone, internet: Internet) -> None:
    first, second = internet.sink("127.0.0.2"), internet.sink("127.0.0.3")
    directly(zone, internet)
    recipient = drained(zone, "ann@shop.example")
    assert (recipient.state, first.count, second.count) == (State.SENT, 1, 0)
    assert smtp_of(recipient)["host"] == "first.shop.example"


def test_it_goes_to_the_next_where_the_best_is_down(zone: Zone, internet: Internet) -> None:
    second = internet.sink("127.0.0.3")
    directly(zone, internet)
    assert drained(zone, "ann@shop.example").state == State.SENT
    assert second.received[0].rcpt_tos == ("ann@shop.example",)


def test_it_goes_to_the_next_where_the_best_does_not_greet(zone: Zone, internet: Internet) -> None:
    second = internet.sink("127.0.0.3")
    with odd_server_at("127.0.0.2", internet.port, {"GREETING": b"554 5.3.2 not now\r\n"}):
        directly(zone, internet)
        assert drained(zone, "ann@shop.example").state == State.SENT
    assert second.count == 1


def test_a_domain_without_mx_is_its_own_server(zone: Zone, internet: Internet) -> None:
    sink = internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@bare.example").state == State.SENT
    assert sink.count == 1


def test_it_goes_by_ipv6(zone: Zone, internet: Internet) -> None:
    sink = internet.sink("::1")
    directly(zone, internet)
    assert drained(zone, "ann@six.example").state == State.SENT
    assert sink.count == 1


def test_it_comes_from_the_address_its_operator_chose(zone: Zone, internet: Internet) -> None:
    with odd_server_at("127.0.0.2", 0, {}) as server:
        internet.port = server.port
        directly(zone, internet, source_ipv4="127.0.0.77")
        drained(zone, "ann@bare.example")
    assert server.peers == ["127.0.0.77"]


def test_a_smarthost_may_be_reached_from_a_chosen_address(zone: Zone) -> None:
    with odd_server() as server:
        factories.make_connection(zone, server="localhost", port=server.port, source_ipv4="127.0.0.77")
        drained(zone, "ann@bare.example")
    assert server.peers == ["127.0.0.77"]


# --- where there is none


@pytest.mark.parametrize(("domain", "code"), [("null.example", "5.1.10"), ("nowhere.example", "5.1.2")])
def test_it_fails_at_once_where_nobody_takes_mail(zone: Zone, internet: Internet, domain: str, code: str) -> None:
    directly(zone, internet, port=1)
    recipient = drained(zone, f"ann@{domain}")
    assert (recipient.state, smtp_of(recipient)["enhanced"]) == (State.FAILED, code)


def test_it_defers_where_dns_gives_no_answer(zone: Zone, internet: Internet) -> None:
    internet.names.broken.add("shop.example")
    directly(zone, internet, port=1)
    recipient = drained(zone, "ann@shop.example")
    assert (recipient.state, smtp_of(recipient)["enhanced"]) == (State.DEFERRED, "4.4.3")


def test_it_defers_where_all_servers_are_down(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.4")
    directly(zone, internet)
    recipient = drained(zone, "ann@shop.example")
    assert (recipient.state, smtp_of(recipient)["host"]) == (State.DEFERRED, "second.shop.example")


def test_one_dead_domain_breaks_no_direct_connection(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.4")
    directly(zone, internet)
    drained(zone, *(f"user{n}@dead.example" for n in range(20)))
    assert not ConnectionStanding.objects.exists()


def test_a_dead_domain_is_asked_a_few_times_only(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.4")
    directly(zone, internet, max_per_destination=1)
    drained(zone, *(f"user{n}@dead.example" for n in range(20)))
    waiting = Recipient.objects.filter(state=State.QUEUED, attempts=0, claim=None, due_at__gt=timezone.now())
    assert (Recipient.objects.filter(state=State.DEFERRED).count(), waiting.count()) == (3, 17)


def test_a_slow_domain_does_not_hold_up_another(zone: Zone, internet: Internet) -> None:
    sink = internet.sink("127.0.0.2")
    internet.names.records["fast.example A"] = ["127.0.0.2"]
    directly(zone, internet, max_per_destination=2)
    accept(make_submission(zone, *(f"slow+{n}@bare.example" for n in range(4))))
    accept(make_submission(zone, *(f"fast{n}@fast.example" for n in range(20))))
    drain(zone.name)
    order = [mail.rcpt_tos[0] for mail in sink.received]
    assert len(order) == 24
    assert all(address.startswith("fast") for address in order[:20])


def test_what_does_not_fit_into_the_lane_of_a_domain_waits_a_little(
    zone: Zone, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_WAITING_FOR_ONE", 2)
    sink = internet.sink("127.0.0.2")
    directly(zone, internet, max_per_destination=2)
    accept(make_submission(zone, *(f"user{n}@bare.example" for n in range(50))))
    drain(zone.name)
    resting = Recipient.objects.filter(state=State.QUEUED, claim=None, due_at__gt=timezone.now())
    assert 0 < sink.count == 50 - resting.count()


def test_a_smarthost_stands_in_for_servers_that_are_down(zone: Zone, internet: Internet, world: RunningWorld) -> None:
    internet.sink("127.0.0.4")
    directly(zone, internet, preference=1)
    factories.make_connection(zone, "smarthost", server=world.host, port=world.port, preference=2)
    recipient = drained(zone, "ann@shop.example")
    assert (recipient.state, recipient.attempts, world.count) == (State.SENT, 1, 1)
