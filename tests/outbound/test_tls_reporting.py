"""TLS reporting (RFC 8460): what is counted of connections to a domain's own servers, and the report made of it."""

import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from email_processor.models import PolicyType, State, TlsSessions
from email_processor.outbound import mta_sts, tls_reporting
from email_processor.outbound.mta_sts import NoUse
from email_processor.outbound.tasks import forget_old_tls_sessions
from email_processor.outbound.tls import Failure
from email_processor.outbound.tls import context as tls_context
from email_processor.outbound.tls_reporting import Observed, Policy
from epm.choices import TlsPolicy
from epm.models import Zone
from tests.certificates import make_certificate
from tests.outbound.internet import Internet, directly, drained
from tests.outbound.servers import odd_server_at

pytestmark = pytest.mark.django_db
NO_POLICY = Policy(PolicyType.NONE, "bare.example")
EXPIRED = Observed("certificate-expired", "mx.bare.example", "127.0.0.2", "", "it expired")


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[ssl.SSLContext]:
    tls_context.cache_clear()
    make_certificate(tmp_path, "bare.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    yield context
    tls_context.cache_clear()


def counted(destination: str = "bare.example") -> dict[tuple[str, str], int]:
    rows = TlsSessions.objects.filter(destination=destination)
    return {(row.policy_type, row.failure): row.count for row in rows}


def asks_by_sts(internet: Internet, monkeypatch: pytest.MonkeyPatch, mode: str, *mx: str) -> None:
    """bare.example has an MTA-STS policy."""
    asks_by(monkeypatch, mta_sts.Policy(mode, mx, 86_400))


def asks_by(monkeypatch: pytest.MonkeyPatch, found: mta_sts.Policy | NoUse) -> None:
    async def policy_of(domain: str) -> mta_sts.Policy | NoUse | None:
        return found if domain == "bare.example" else None

    monkeypatch.setattr(mta_sts, "policy_of", policy_of)


def today() -> date:
    return datetime.now(UTC).date()


# --- what is counted


def test_it_counts_a_protected_connection(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    drained(zone, "ann@bare.example")
    assert counted() == {("no-policy-found", ""): 1}


def test_it_counts_connections_and_not_mails(zone: Zone, internet: Internet, tls: ssl.SSLContext) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, max_per_destination=1)
    drained(zone, *(f"{n}@bare.example" for n in range(5)))
    assert counted() == {("no-policy-found", ""): 1}


def test_it_names_our_address_though_the_system_chose_it(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.2")
    directly(zone, internet)
    drained(zone, "ann@bare.example")
    assert TlsSessions.objects.get().source == "127.0.0.1"


def test_it_counts_a_server_that_offers_nothing(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@bare.example").state == State.SENT
    assert counted() == {("no-policy-found", "starttls-not-supported"): 1}


def test_it_counts_a_failed_handshake_once(zone: Zone, internet: Internet) -> None:
    offer = b"250-odd.example\r\n250 STARTTLS\r\n"
    with odd_server_at("127.0.0.2", 0, {"EHLO": offer, "STARTTLS": b"454 4.7.0 not now\r\n"}) as server:
        internet.port = server.port
        directly(zone, internet)
        assert drained(zone, "ann@bare.example").state == State.SENT
    assert counted() == {("no-policy-found", "validation-failure"): 1}
    assert TlsSessions.objects.get().reason == "454"


@pytest.mark.parametrize("fields", [{"tls_policy": TlsPolicy.NONE}, {"tls_policy_of_domains": "bare.example required"}])
def test_what_the_operator_decided_is_nobody_elses_concern(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, fields: dict[str, Any]
) -> None:
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet, **fields)
    drained(zone, "ann@bare.example")
    assert counted() == {}


def test_a_server_that_cannot_be_reached_says_nothing_about_tls(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.2")
    directly(zone, internet)
    drained(zone, "ann@dead.example")
    assert counted("dead.example") == {}


def test_it_counts_a_certificate_that_an_enforced_policy_does_not_accept(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks_by_sts(internet, monkeypatch, "enforce", "bare.example")
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert counted() == {("sts", "certificate-not-trusted"): 1}


def test_a_policy_in_testing_is_tried_and_only_reported(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks_by_sts(internet, monkeypatch, "testing", "bare.example")
    sink = internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, sink.count) == (State.SENT, 1)
    assert counted() == {("sts", "certificate-not-trusted"): 1}


def test_a_policy_in_testing_may_be_met(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    asks_by_sts(internet, monkeypatch, "testing", "bare.example")
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    drained(zone, "ann@bare.example")
    assert counted() == {("sts", ""): 1}


@pytest.mark.parametrize(("mode", "state"), [("testing", State.SENT), ("enforce", State.DEFERRED)])
def test_it_counts_servers_that_a_policy_does_not_name(
    zone: Zone, internet: Internet, monkeypatch: pytest.MonkeyPatch, mode: str, state: State
) -> None:
    asks_by_sts(internet, monkeypatch, mode, "mx.elsewhere.example")
    internet.sink("127.0.0.2")
    directly(zone, internet)
    assert drained(zone, "ann@bare.example").state == state
    assert counted() == {("sts", "validation-failure"): 1}


def test_it_counts_a_policy_that_cannot_be_had(
    zone: Zone, internet: Internet, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks_by(monkeypatch, NoUse("HTTP 404", Failure.POLICY_NOT_FETCHED))
    internet.sink("127.0.0.2", tls=tls)
    directly(zone, internet)
    drained(zone, "ann@bare.example")
    assert counted() == {("sts", "sts-policy-fetch-error"): 1}


@pytest.mark.parametrize(("tlsa", "failure"), [(f"3 1 1 {'00' * 32}", "validation-failure"), (None, "dnssec-invalid")])
def test_it_counts_what_dane_does_not_accept(
    zone: Zone, internet: Internet, settings: Settings, tls: ssl.SSLContext, tlsa: str | None, failure: str
) -> None:
    settings.EPM_DNS_TRUSTED, internet.names.vouches = True, True
    internet.sink("127.0.0.2", tls=tls)
    name = f"_{internet.port}._tcp.bare.example"
    if tlsa:
        internet.names.records[f"{name} TLSA"] = [tlsa]
    else:
        internet.names.broken.add(name)
    directly(zone, internet)
    drained(zone, "ann@bare.example")
    assert counted() == {("tlsa", failure): 1}


# --- rows


def test_what_went_alike_is_one_row() -> None:
    for _ in range(2):
        tls_reporting.note("bare.example", NO_POLICY, Observed())
        tls_reporting.note("bare.example", NO_POLICY, EXPIRED)
        tls_reporting.write()
    assert counted() == {("no-policy-found", ""): 2, ("no-policy-found", "certificate-expired"): 2}


def test_nothing_is_lost_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(seen: object) -> None:
        raise DatabaseError

    tls_reporting.note("bare.example", NO_POLICY, Observed())
    with monkeypatch.context() as patch:
        patch.setattr(tls_reporting, "_add", away)
        with pytest.raises(DatabaseError):
            tls_reporting.write()
    tls_reporting.note("bare.example", NO_POLICY, Observed())
    tls_reporting.write()
    assert counted() == {("no-policy-found", ""): 2}


# --- the report (RFC 8460 4.4)


def test_it_reports_a_day(settings: Settings) -> None:
    settings.EPM_HOST_NAME = "mail.example.com"
    policy = mta_sts.Policy("testing", ("*.bare.example",), 86_400)
    asked = Policy(PolicyType.STS, "bare.example", policy.lines)
    for _ in range(3):
        tls_reporting.note("bare.example", asked, Observed())
    tls_reporting.note("bare.example", asked, EXPIRED)
    tls_reporting.write()
    day = today()
    assert tls_reporting.report("bare.example", day) == {
        "organization-name": "mail.example.com",
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": "postmaster@mail.example.com",
        "report-id": f"{day}.bare.example.mail.example.com",
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-string": ["version: STSv1", "mode: testing", "mx: *.bare.example", "max_age: 86400"],
                    "policy-domain": "bare.example",
                    "mx-host": ["*.bare.example"],
                },
                "summary": {"total-successful-session-count": 3, "total-failure-session-count": 1},
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "receiving-mx-hostname": "mx.bare.example",
                        "receiving-ip": "127.0.0.2",
                        "failed-session-count": 1,
                        "failure-reason-code": "it expired",
                    }
                ],
            }
        ],
    }


def test_each_policy_is_reported_for_itself() -> None:
    tls_reporting.note("bare.example", NO_POLICY, Observed())
    tls_reporting.note("bare.example", Policy(PolicyType.TLSA, "mx.bare.example", ("3 1 1 00",)), Observed())
    tls_reporting.write()
    policies = tls_reporting.report("bare.example", today())["policies"]
    assert [one["policy"]["policy-type"] for one in policies] == ["no-policy-found", "tlsa"]
    assert [one["summary"]["total-successful-session-count"] for one in policies] == [1, 1]


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    tls_reporting.note("bare.example", NO_POLICY, Observed())
    tls_reporting.note("bare.example", NO_POLICY, EXPIRED)
    tls_reporting.write()
    TlsSessions.objects.filter(failure="").update(day=today() - tls_reporting.KEPT - timedelta(days=1))
    forget_old_tls_sessions()
    assert counted() == {("no-policy-found", "certificate-expired"): 1}
