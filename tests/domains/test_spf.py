import pytest

from epm import spf
from tests.outbound.dns_server import NameServer


def publish(names: NameServer, **records: str) -> None:
    names.records |= {f"{domain}.example TXT": [f'"v=spf1 {terms}"'] for domain, terms in records.items()}


@pytest.mark.parametrize(
    ("terms", "address", "result"),
    [
        ("ip4:192.0.2.7 -all", "192.0.2.7", "pass"),
        ("ip4:192.0.2.0/24 -all", "192.0.3.7", "fail"),
        ("ip4:192.0.2.7 ~all", "2001:db8::1", "softfail"),
        ("ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("ip4:192.0.2.7", "192.0.2.8", "neutral"),
        ("?ip4:192.0.2.8 -all", "192.0.2.8", "neutral"),
        ("a:host.example -all", "192.0.2.20", "pass"),
        ("a -all", "192.0.2.30", "pass"),
        ("a:host.example/24 -all", "192.0.2.99", "pass"),
        ("mx -all", "192.0.2.20", "pass"),
        ("include:inner.example -all", "198.51.100.1", "pass"),
        ("include:inner.example -all", "192.0.2.1", "fail"),
        ("redirect=inner.example", "198.51.100.1", "pass"),
        ("redirect=inner.example", "192.0.2.1", "softfail"),
        ("exists:%{i}.example ptr -all", "192.0.2.1", "fail"),
        ("IP4:192.0.2.7 -ALL", "192.0.2.7", "pass"),
    ],
)
def test_it_evaluates_as_receivers_do(names: NameServer, terms: str, address: str, result: str) -> None:
    publish(names, outer=terms, inner="ip4:198.51.100.0/24 ~all")
    names.records |= {
        "host.example A": ["192.0.2.20"],
        "outer.example A": ["192.0.2.30"],
        "outer.example MX": ["10 host.example."],
    }
    assert spf.evaluate("outer.example", address) == result


def test_a_domain_without_a_record_says_none(names: NameServer) -> None:
    assert spf.evaluate("nothing.example", "192.0.2.1") == "none"


@pytest.mark.parametrize(
    "terms",
    [
        "include:nothing.example -all",
        "redirect=nothing.example",
        "ip4:nonsense -all",
        "b:x.example",
        "include:outer.example",
    ],
)
def test_a_record_that_cannot_be_evaluated_is_an_error(names: NameServer, terms: str) -> None:
    publish(names, outer=terms)
    with pytest.raises(spf.PermanentError):
        spf.evaluate("outer.example", "192.0.2.1")


@pytest.mark.parametrize(
    ("record", "longer"),
    [
        ("v=spf1 mx -all", "v=spf1 mx ip4:192.0.2.1 -all"),
        ("v=spf1 redirect=x.example", "v=spf1 ip4:192.0.2.1 redirect=x.example"),
        ("v=spf1", "v=spf1 ip4:192.0.2.1"),
    ],
)
def test_an_address_is_added_before_the_end(record: str, longer: str) -> None:
    assert spf.with_addresses(record, ["192.0.2.1"]) == longer
