"""How well the way to a recipient's server is protected, and what happens where it cannot be."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from email_processor.models import State
from email_processor.outbound.dialling import policy_for
from email_processor.outbound.routing import Route
from email_processor.outbound.tls import context as tls_context
from epm.choices import TlsPolicy, Transport
from epm.models import Zone
from tests.certificates import make_certificate
from tests.outbound.internet import Internet, directly, drained, smtp_of
from tests.outbound.servers import odd_server_at

pytestmark = pytest.mark.django_db
OFFERS_TLS = b"250-odd.example\r\n250 STARTTLS\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Iterator[Path]:
    """Proves the name of the first server of shop.example to who trusts it."""
    tls_context.cache_clear()
    make_certificate(tmp_path, "first.shop.example")
    yield tmp_path / "certificate.pem"
    tls_context.cache_clear()


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


# --- opportunistic


def test_it_is_protected_where_the_server_offers_it(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.OPPORTUNISTIC)
    recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, smtp_of(recipient)["tls"]) == (State.SENT, "TLSv1.3")


def test_it_goes_in_the_clear_where_nothing_is_offered(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.2")
    directly(zone, internet, tls_policy=TlsPolicy.OPPORTUNISTIC)
    recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, smtp_of(recipient)["tls"]) == (State.SENT, "")


@pytest.mark.parametrize("answer", [b"454 4.7.0 not now\r\n", b"220 go\r\nnonsense\r\n", None])
def test_it_goes_in_the_clear_where_what_is_offered_fails(zone: Zone, internet: Internet, answer: bytes | None) -> None:
    with odd_server_at("127.0.0.2", 0, {"EHLO": OFFERS_TLS, "STARTTLS": answer}) as server:
        internet.port = server.port
        directly(zone, internet, tls_policy=TlsPolicy.OPPORTUNISTIC)
        recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, server.connections) == (State.SENT, 2)


# --- none, required, verified


def test_none_does_not_ask_for_it(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.NONE)
    assert smtp_of(drained(zone, "ann@bare.example"))["tls"] == ""


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.VERIFIED])
def test_a_server_that_offers_nothing_gets_nothing(zone: Zone, internet: Internet, policy: TlsPolicy) -> None:
    sink = internet.sink("127.0.0.2")
    directly(zone, internet, tls_policy=policy)
    recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, smtp_of(recipient)["stage"], sink.count) == (State.DEFERRED, "tls", 0)


def test_the_next_server_may_do_better(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    first, second = internet.sink("127.0.0.2"), internet.sink("127.0.0.3", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.REQUIRED)
    assert drained(zone, "ann@shop.example").state == State.SENT
    assert (first.count, second.count) == (0, 1)


def test_required_asks_for_no_proof(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.REQUIRED)
    assert drained(zone, "ann@shop.example").state == State.SENT


def test_verified_trusts_no_stranger(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    sink = internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.VERIFIED)
    recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, sink.count) == (State.DEFERRED, 0)
    assert "certificate" in smtp_of(recipient)["text"]


def test_verified_takes_a_proof_of_the_servers_name(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, trusted: None
) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.VERIFIED)
    assert drained(zone, "ann@shop.example").state == State.SENT


def test_verified_takes_no_proof_of_another_name(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, trusted: None
) -> None:
    sink = internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, tls_policy=TlsPolicy.VERIFIED)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert sink.count == 0


# --- single domains


def test_a_domain_may_have_its_own_policy(zone: Zone, internet: Internet) -> None:
    sink = internet.sink("127.0.0.2")
    directly(zone, internet, tls_policy_of_domains="bare.example required")
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert sink.count == 0


@pytest.mark.parametrize(
    ("domain", "policy"),
    [
        ("bank.example", TlsPolicy.VERIFIED),
        ("a.b.bank.example", TlsPolicy.REQUIRED),
        ("old.bank.example", TlsPolicy.NONE),
        ("other.example", TlsPolicy.OPPORTUNISTIC),
    ],
)
def test_the_line_that_fits_best_decides(domain: str, policy: TlsPolicy) -> None:
    lines = (
        ("bank.example", TlsPolicy.VERIFIED),
        ("*.bank.example", TlsPolicy.REQUIRED),
        ("old.bank.example", TlsPolicy.NONE),
    )
    route = Route(1, "", 25, Transport.STARTTLS, 5, is_direct=True, policy_of_domains=lines)
    assert policy_for(route.to(domain)) == policy
