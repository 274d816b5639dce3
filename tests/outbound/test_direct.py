"""Directly to the mail servers of the recipients' domains: DNS on loopback, and sinks on several of its addresses."""

import pytest
from django.utils import timezone

from email_processor.models import ConnectionStanding, Recipient, State
from email_processor.outbound import lane
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import Zone
from tests import factories
from tests.outbound.internet import Internet, directly, drained, smtp_of
from tests.outbound.servers import odd_server, odd_server_at
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


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
    accept(make_submission(zone, *(f"slow+{n}@bare.example" for n in range(8))))
    accept(make_submission(zone, *(f"fast{n}@fast.example" for n in range(20))))
    drain(zone.name)
    order = [mail.rcpt_tos[0] for mail in sink.received]
    assert len(order) == 28
    assert all(address.startswith("slow") for address in order[-4:])


def test_what_does_not_fit_into_the_lane_of_a_domain_waits_a_little(
    zone: Zone, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "_WAITING_FOR_ONE", 2)
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
