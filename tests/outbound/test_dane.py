"""DANE: a name server that vouches for its answers, and mail servers with certificates that no authority knows."""

import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django import Settings

from email_processor.models import State
from epm.models import Zone
from tests.certificates import make_certificate, make_chain
from tests.outbound.internet import Internet, directly, drained, smtp_of

pytestmark = pytest.mark.django_db
STRANGER = f"3 1 1 {'00' * 32}"


@pytest.fixture
def secure(internet: Internet, settings: Settings) -> Internet:
    settings.EPM_DNS_TRUSTED = True
    internet.names.vouches = True
    return internet


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)[0]


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


def records_of(certificate: Path) -> dict[str, str]:
    """TLSA records that fit, by their first three numbers."""
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    whole = parsed.public_bytes(Encoding.DER)
    key = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "3 1 1": hashlib.sha256(key).hexdigest(),
        "3 0 1": hashlib.sha256(whole).hexdigest(),
        "3 1 2": hashlib.sha512(key).hexdigest(),
        "3 0 0": whole.hex(),
    }


def publish(internet: Internet, *records: str) -> None:
    internet.names.records[f"_{internet.port}._tcp.bare.example TLSA"] = list(records)


@pytest.mark.parametrize("kind", ["3 1 1", "3 0 1", "3 1 2", "3 0 0"])
def test_a_certificate_that_dns_vouches_for_is_proof(
    zone: Zone, secure: Internet, certificate: Path, tls: ssl.SSLContext, kind: str
) -> None:
    secure.sink("127.0.0.2", tls=tls)
    publish(secure, STRANGER, f"{kind} {records_of(certificate)[kind]}")
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.SENT


def test_another_certificate_gets_nothing(zone: Zone, secure: Internet, tls: ssl.SSLContext) -> None:
    sink = secure.sink("127.0.0.2", tls=tls)
    publish(secure, STRANGER)
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert sink.count == 0


@pytest.mark.parametrize(
    "record", [STRANGER, f"2 1 1 {'00' * 32}", "3 1 9 00", f"1 1 1 {'00' * 32}", f"0 0 1 {'00' * 32}"]
)
def test_a_server_without_tls_gets_nothing(zone: Zone, secure: Internet, record: str) -> None:
    sink = secure.sink("127.0.0.2")
    publish(secure, record)
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert sink.count == 0


def test_where_no_record_can_be_compared_tls_alone_is_asked_for(
    zone: Zone, secure: Internet, tls: ssl.SSLContext
) -> None:
    secure.sink("127.0.0.2", tls=tls)
    publish(secure, "3 1 9 00", f"2 9 1 {'00' * 32}", f"1 1 1 {'00' * 32}", f"0 0 1 {'00' * 32}")
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.SENT


def test_a_record_that_cannot_be_compared_does_not_spoil_another(
    zone: Zone, secure: Internet, tls: ssl.SSLContext
) -> None:
    sink = secure.sink("127.0.0.2", tls=tls)
    publish(secure, STRANGER, "3 1 9 00")
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert sink.count == 0


def test_records_that_are_held_back_hold_the_mail_back(zone: Zone, secure: Internet) -> None:
    sink = secure.sink("127.0.0.2")
    secure.names.broken.add(f"_{secure.port}._tcp.bare.example")
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
    assert sink.count == 0


@pytest.mark.parametrize(("trusted", "vouches"), [(False, True), (True, False)])
def test_what_nobody_vouches_for_does_not_count(
    zone: Zone, internet: Internet, settings: Settings, trusted: bool, vouches: bool
) -> None:
    settings.EPM_DNS_TRUSTED, internet.names.vouches = trusted, vouches
    internet.sink("127.0.0.2")
    publish(internet, STRANGER)
    directly(zone, internet)
    assert drained(zone, "ann@bare.example").state == State.SENT


# --- authorities (usage 2)


def served(internet: Internet, path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    internet.sink("127.0.0.2", tls=context)


def authority_record(kind: str, certificate: x509.Certificate) -> str:
    whole = certificate.public_bytes(Encoding.DER)
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    value = {"2 1 1": hashlib.sha256(key).hexdigest(), "2 0 2": hashlib.sha512(whole).hexdigest(), "2 0 0": whole.hex()}
    return f"{kind} {value[kind]}"


@pytest.mark.parametrize("kind", ["2 1 1", "2 0 2", "2 0 0"])
def test_a_certificate_by_an_authority_that_dns_vouches_for_is_proof(
    zone: Zone, secure: Internet, tmp_path: Path, kind: str
) -> None:
    path, (_, authority, _) = make_chain(tmp_path, "bare.example")
    served(secure, path)
    publish(secure, STRANGER, authority_record(kind, authority))
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.SENT


def test_an_authority_in_dns_itself_need_not_be_shown(zone: Zone, secure: Internet, tmp_path: Path) -> None:
    path, (_, _, root) = make_chain(tmp_path, "bare.example")
    served(secure, path)
    publish(secure, authority_record("2 0 0", root))
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.SENT


@pytest.mark.parametrize(
    ("name", "days", "whose", "why"),
    [
        ("other.example", 1, 1, "does not vouch for bare.example"),
        ("bare.example", -1, 1, "does not vouch for bare.example"),
        ("bare.example", 1, 0, "fits none of its TLSA records"),
        ("bare.example", 1, 2, "fits none of its TLSA records"),
    ],
)
def test_an_authority_must_be_shown_and_vouch_for_the_servers_name_today(
    zone: Zone, secure: Internet, tmp_path: Path, name: str, days: int, whose: int, why: str
) -> None:
    path, certificates = make_chain(tmp_path, name, days=days)
    served(secure, path)
    publish(secure, authority_record("2 1 1", certificates[whose]))
    directly(zone, secure)
    recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, why in smtp_of(recipient)["text"]) == (State.DEFERRED, True)


def test_an_authority_must_have_signed_what_it_is_shown_with(zone: Zone, secure: Internet, tmp_path: Path) -> None:
    strangers, ours = tmp_path / "strangers", tmp_path / "ours"
    strangers.mkdir()
    ours.mkdir()
    path, _ = make_chain(strangers, "bare.example")
    _, (_, authority, _) = make_chain(ours, "bare.example")
    path.write_bytes(path.read_bytes() + authority.public_bytes(Encoding.PEM))
    served(secure, path)
    publish(secure, authority_record("2 1 1", authority))
    directly(zone, secure)
    assert drained(zone, "ann@bare.example").state == State.DEFERRED
