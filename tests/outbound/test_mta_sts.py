"""MTA-STS with a name server, a web server and mail servers on loopback."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from email_processor.models import State
from email_processor.outbound import mta_sts
from email_processor.outbound.mta_sts import NoPolicy, Policy
from email_processor.outbound.tls import context as tls_context
from epm.choices import TlsPolicy
from epm.models import Zone
from lib import http
from tests.certificates import make_certificate
from tests.outbound.internet import Internet, directly, drained, smtp_of

pytestmark = pytest.mark.django_db
ENFORCE = "version: STSv1\r\nmode: enforce\r\nmx: first.shop.example\r\nmax_age: 86400\r\n"


@dataclass
class PolicyHost:
    """Answers `status` and `text` to every GET."""

    text: str = ENFORCE
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """For servers that prove to be first.shop.example, and 127.0.0.1, to us."""
    certificate, key = make_certificate(tmp_path, "first.shop.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    for cache in (tls_context, http._trust):
        cache.cache_clear()
    yield context
    for cache in (tls_context, http._trust):
        cache.cache_clear()


@pytest.fixture
def policy_host(internet: Internet, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[PolicyHost]:
    """shop.example has an MTA-STS policy."""
    host = PolicyHost()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked += 1
            self.send_response(host.status)
            for name, value in host.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(host.text.encode())

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        serving.start()
        monkeypatch.setattr(mta_sts, "URL", f"https://127.0.0.1:{server.server_port}/{{domain}}")
        internet.names.records["_mta-sts.shop.example TXT"] = ['"v=STSv1; id=1;"']
        yield host
        server.shutdown()
        serving.join()


# --- what a policy says


def test_it_reads_a_policy() -> None:
    assert mta_sts.read(ENFORCE + "mx: *.Backup.example.\n") == Policy(
        "enforce", ("first.shop.example", "*.backup.example"), 86400
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        ENFORCE.replace("STSv1", "STSv2"),
        ENFORCE.replace("enforce", "maybe"),
        ENFORCE.replace("86400", "soon"),
        ENFORCE.replace("mx:", "my:"),
    ],
)
def test_it_refuses_what_is_no_policy(text: str) -> None:
    with pytest.raises(NoPolicy):
        mta_sts.read(text)


@pytest.mark.parametrize(
    ("host", "permitted"),
    [("mx.shop.example", True), ("a.pool.example", True), ("a.b.pool.example", False), ("pool.example", False)],
)
def test_a_wildcard_stands_for_one_label(host: str, permitted: bool) -> None:
    assert Policy("enforce", ("mx.shop.example", "*.pool.example"), 1).permits(host) is permitted


# --- enforced


def test_a_server_that_proves_its_name_gets_the_mail(
    zone: Zone, internet: Internet, policy_host: PolicyHost, tls: ssl.SSLContext
) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    assert drained(zone, "ann@shop.example").state == State.SENT


def test_a_server_without_tls_gets_nothing(zone: Zone, internet: Internet, policy_host: PolicyHost) -> None:
    sink = internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@shop.example").state == State.DEFERRED
    assert sink.count == 0


def test_a_server_that_the_policy_does_not_name_gets_nothing(
    zone: Zone, internet: Internet, policy_host: PolicyHost, tls: ssl.SSLContext
) -> None:
    sink = internet.sink("127.0.0.3", tls=tls)
    internet.names.records["shop.example MX"] = ["10 second.shop.example."]
    directly(zone, internet)
    recipient = drained(zone, "ann@shop.example")
    assert (recipient.state, smtp_of(recipient)["enhanced"], sink.count) == (State.DEFERRED, "4.7.5", 0)


def test_a_policy_that_only_tests_stops_nothing(zone: Zone, internet: Internet, policy_host: PolicyHost) -> None:
    policy_host.text = ENFORCE.replace("enforce", "testing")
    internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@shop.example").state == State.SENT


def test_the_operator_may_decide_otherwise(zone: Zone, internet: Internet, policy_host: PolicyHost) -> None:
    internet.sink("127.0.0.2")
    directly(zone, internet, tls_policy_of_domains=f"shop.example {TlsPolicy.OPPORTUNISTIC}")
    assert drained(zone, "ann@shop.example").state == State.SENT


# --- kept


def test_it_is_fetched_once(zone: Zone, internet: Internet, policy_host: PolicyHost, tls: ssl.SSLContext) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    drained(zone, "ann@shop.example")
    drained(zone, "bob@shop.example")
    assert policy_host.asked == 1


def test_it_is_in_force_while_dns_is_silent(zone: Zone, internet: Internet, policy_host: PolicyHost) -> None:
    mta_sts._keep("shop.example", mta_sts._Kept("1", mta_sts.read(ENFORCE), float("inf")))
    internet.names.broken.add("_mta-sts.shop.example")
    sink = internet.sink("127.0.0.2")
    directly(zone, internet)
    drained(zone, "ann@shop.example")
    assert (sink.count, policy_host.asked) == (0, 0)


def test_a_new_id_fetches_it_anew(zone: Zone, internet: Internet, policy_host: PolicyHost) -> None:
    mta_sts._keep("shop.example", mta_sts._Kept("0", mta_sts.read(ENFORCE), float("inf")))
    policy_host.text = ENFORCE.replace("enforce", "none")
    internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@shop.example").state == State.SENT


@pytest.mark.parametrize("status", [404, 302])
def test_what_is_not_found_at_its_place_is_no_policy(
    zone: Zone, internet: Internet, policy_host: PolicyHost, status: int
) -> None:
    policy_host.status, policy_host.headers = status, {"Location": "/elsewhere"}
    internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@shop.example").state == State.SENT
    assert policy_host.asked == 1
