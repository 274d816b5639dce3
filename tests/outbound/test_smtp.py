import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from email_processor.outbound import smtp
from email_processor.outbound.envelope import Envelope, on_the_wire
from email_processor.outbound.pool import Pool
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import Outcome, SendResult, Stage
from email_processor.outbound.tls import context as tls_context
from email_processor.simulator import RunningWorld, running_world
from epm.choices import Transport
from tests.outbound.servers import EHLO, odd_server

MIME = b"Subject: Hello\r\n\r\nHello\r\n"


def route_to(port: int, **fields: Any) -> Route:
    return Route(1, "127.0.0.1", port, **{"transport": Transport.TCP, "limit": 2, **fields})


def make_envelope(rcpt_to: str = "ann@example.net", mime: bytes = MIME, **fields: Any) -> Envelope:
    return Envelope("epm-x@bounces.example.com", rcpt_to, on_the_wire(mime), len(mime), **fields)


def send(route: Route, *envelopes: Envelope) -> list[SendResult]:
    """What comes of the envelopes, one after the other over one pool."""

    async def send_all() -> list[SendResult]:
        pool = Pool(route)
        results = [await pool.send(envelope) for envelope in envelopes]
        await pool.close()
        return results

    return asyncio.run(send_all())


def send_one(route: Route, rcpt_to: str = "ann@example.net", **fields: Any) -> SendResult:
    return send(route, make_envelope(rcpt_to, **fields))[0]


# --- the server's word


def test_it_says_what_the_server_said(world: RunningWorld) -> None:
    result = send_one(route_to(world.port))
    assert (result.outcome, result.code, result.enhanced, result.host) == (Outcome.SENT, 250, "2.0.0", "127.0.0.1")
    assert result.text.startswith("Taken")


def test_the_mail_arrives_as_it_is(world: RunningWorld) -> None:
    mime = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n"
    send_one(route_to(world.port), mime=mime)
    assert world.received[0].content == mime


@pytest.mark.parametrize(
    ("local_part", "outcome", "code", "enhanced", "stage"),
    [
        ("full-now", Outcome.DEFERRED, 452, "4.2.2", Stage.RCPT),
        ("refused", Outcome.FAILED, 550, "5.1.1", Stage.RCPT),
        ("busy", Outcome.DEFERRED, 421, "4.3.2", Stage.RCPT),
        ("spam", Outcome.FAILED, 554, "5.7.1", Stage.FINAL_DOT),
    ],
)
def test_4xx_is_deferred_and_5xx_is_failed(
    world: RunningWorld, local_part: str, outcome: Outcome, code: int, enhanced: str, stage: Stage
) -> None:
    result = send_one(route_to(world.port), f"{local_part}@example.net")
    assert (result.outcome, result.code, result.enhanced, result.stage) == (outcome, code, enhanced, stage)


def test_a_refusal_spoils_neither_the_connection_nor_the_next_mail(world: RunningWorld) -> None:
    envelopes = [make_envelope(f"{name}@example.net") for name in ("refused", "spam", "ann")]
    assert [r.outcome for r in send(route_to(world.port), *envelopes)] == [Outcome.FAILED, Outcome.FAILED, Outcome.SENT]
    assert world.connections == 1


# --- trouble is told apart from refusal


def test_a_connection_lost_after_the_final_dot_leaves_doubt(world: RunningWorld) -> None:
    result = send_one(route_to(world.port), "drop-dot@example.net")
    assert (result.outcome, result.code, result.stage) == (Outcome.IN_DOUBT, None, Stage.FINAL_DOT)


def test_a_connection_lost_before_the_final_dot_leaves_none() -> None:
    with odd_server(BODY=None) as server:
        result = send_one(route_to(server.port), mime=b"x" * 5_000_000)
    assert (result.outcome, result.stage) == (Outcome.DEFERRED, Stage.CONTENT)


@pytest.mark.parametrize("reply", [b"nonsense\r\n", b"354 go on\r\n", None])
def test_nonsense_after_the_final_dot_leaves_doubt(reply: bytes | None) -> None:
    with odd_server(CONTENT=reply) as server:
        assert send_one(route_to(server.port)).outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [b"nonsense\r\n", b"199 what\r\n", None])
def test_nonsense_before_the_content_is_deferred(step: str, reply: bytes | None) -> None:
    with odd_server(**{step: reply, "HELO": reply}) as server:
        assert send_one(route_to(server.port)).outcome is Outcome.DEFERRED


def test_a_server_that_is_not_there_is_deferred_without_a_code() -> None:
    with odd_server() as server:
        port = server.port
    result = send_one(route_to(port))
    assert (result.outcome, result.code, result.stage) == (Outcome.DEFERRED, None, Stage.CONNECT)


def test_a_server_that_refuses_everybody_says_nothing_about_the_mail() -> None:
    with odd_server(GREETING=b"554 5.3.2 go away\r\n") as server:
        result = send_one(route_to(server.port))
    assert (result.outcome, result.code) == (Outcome.DEFERRED, 554)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "CONTENT"])
def test_a_silent_server_is_not_waited_for_for_ever(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUTS", dict.fromkeys(smtp.TIMEOUTS, 0.05))
    with odd_server(**{step: b""}) as server:
        outcome = send_one(route_to(server.port)).outcome
    assert outcome is (Outcome.IN_DOUBT if step == "CONTENT" else Outcome.DEFERRED)


def test_an_early_refusal_of_a_large_mail_is_heard() -> None:
    with odd_server(BODY=b"552 5.3.4 enough\r\n") as server:
        result = send_one(route_to(server.port), mime=b"x" * 9_000_000)
    assert (result.outcome, result.code, result.enhanced) == (Outcome.FAILED, 552, "5.3.4")


def test_any_octets_in_a_reply_can_be_stored() -> None:
    with odd_server(RCPT=b"550 5.1.1 \xff\x00 gone\r\n") as server:
        assert send_one(route_to(server.port)).text == "? gone"


# --- pooled connections


def test_connections_are_used_again(world: RunningWorld) -> None:
    send(route_to(world.port), *[make_envelope()] * 5)
    assert (world.connections, world.count) == (1, 5)


@pytest.mark.parametrize("second_mail", [b"421 4.4.2 idle too long\r\n", None])
def test_a_connection_the_server_gave_up_is_replaced(second_mail: bytes | None) -> None:
    with odd_server(MAIL=[b"250 ok\r\n", second_mail, b"250 ok\r\n"]) as server:
        results = send(route_to(server.port), make_envelope(), make_envelope())
    assert [r.outcome for r in results] == [Outcome.SENT, Outcome.SENT]
    assert server.connections == 2


def test_a_fresh_connection_is_not_tried_twice() -> None:
    with odd_server(MAIL=None) as server:
        assert send_one(route_to(server.port)).outcome is Outcome.DEFERRED
    assert server.connections == 1


def test_it_says_goodbye() -> None:
    with odd_server() as server:
        send_one(route_to(server.port))
    assert server.heard[-1] == "QUIT"


# --- what EHLO allows


def test_dsn_parameters_go_over_the_wire(world: RunningWorld) -> None:
    dsn = {"ret": "FULL", "envid": "id+1", "notify": "SUCCESS,DELAY", "orcpt": "rfc822;ann+x@example.net"}
    send_one(route_to(world.port), **dsn)
    (mail,) = world.received
    (recipient,) = mail.recipients
    assert (mail.sender.ret, mail.sender.envid) == ("FULL", "id+1")
    assert recipient.notify == frozenset({"SUCCESS", "DELAY"})
    assert recipient.original is not None
    assert recipient.original.address == "ann+x@example.net"


def test_a_server_without_dsn_hears_none_of_them() -> None:
    with running_world(without=frozenset({"DSN"})) as world:
        assert send_one(route_to(world.port), ret="FULL", envid="x", notify="NEVER", orcpt="rfc822;a@b").code == 250
        assert world.received[0].sender.ret is None


def test_an_address_outside_ascii_is_sent_with_smtputf8(world: RunningWorld) -> None:
    assert send_one(route_to(world.port), "dömi@example.net", orcpt="utf-8;dömi@example.net").outcome is Outcome.SENT
    assert world.received[0].rcpt_tos == ("dömi@example.net",)
    assert world.received[0].sender.smtputf8


def test_a_server_without_smtputf8_is_told_by_us() -> None:
    with running_world(without=frozenset({"SMTPUTF8"})) as world:
        result = send_one(route_to(world.port), "dömi@example.net")
    assert (result.outcome, result.enhanced, result.stage, result.code) == (Outcome.FAILED, "5.6.7", Stage.CHECK, None)


def test_a_mail_larger_than_the_server_takes_is_not_tried() -> None:
    with odd_server(EHLO=EHLO.replace(b"10000000", b"100")) as server:
        result = send_one(route_to(server.port), mime=b"x" * 101)
    assert (result.outcome, result.enhanced) == (Outcome.FAILED, "5.3.4")
    assert not [line for line in server.heard if line.startswith("MAIL")]


def test_a_server_that_knows_only_helo_is_spoken_to() -> None:
    with odd_server(EHLO=b"500 what?\r\n") as server:
        assert send_one(route_to(server.port), notify="NEVER").outcome is Outcome.SENT


# --- login and TLS


def test_it_logs_in() -> None:
    with running_world(login=("epm", "secret")) as world:
        assert send_one(route_to(world.port, user_name="epm", password="secret")).outcome is Outcome.SENT


def test_a_wrong_password_is_the_connections_trouble_not_the_mails() -> None:
    with running_world(login=("epm", "secret")) as world:
        result = send_one(route_to(world.port, user_name="epm", password="wrong"))
    assert (result.outcome, result.code, result.stage) == (Outcome.DEFERRED, 535, Stage.LOGIN)


def test_no_password_shows_in_a_route() -> None:
    assert "secret" not in repr(route_to(1, password="secret"))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secured(certificate: Path) -> Iterator[RunningWorld]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    tls_context.cache_clear()
    with running_world(tls=context) as world:
        yield world
    tls_context.cache_clear()


def test_starttls_with_a_certificate_that_is_trusted(
    secured: RunningWorld, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    result = send_one(route_to(secured.port, transport=Transport.STARTTLS))
    assert result.outcome is Outcome.SENT
    assert result.tls == "TLSv1.3"
    assert result.cipher.startswith("TLS_")


def test_a_certificate_that_proves_nothing_stops_the_mail(secured: RunningWorld) -> None:
    result = send_one(route_to(secured.port, transport=Transport.STARTTLS))
    assert (result.outcome, result.stage) == (Outcome.DEFERRED, Stage.TLS)
    assert "certificate" in result.text
    assert secured.count == 0


def test_an_operator_may_do_without_the_proof(secured: RunningWorld) -> None:
    route = route_to(secured.port, transport=Transport.STARTTLS, verify=False)
    assert send_one(route).outcome is Outcome.SENT


def test_a_server_without_starttls_gets_nothing_in_the_clear(world: RunningWorld) -> None:
    result = send_one(route_to(world.port, transport=Transport.STARTTLS))
    assert (result.outcome, result.stage, world.count) == (Outcome.DEFERRED, Stage.TLS, 0)


# --- several commands at once (RFC 2920)

PIPELINING = EHLO.replace(b"250-DSN", b"250-PIPELINING\r\n250-DSN")


def test_commands_go_out_together_where_the_server_lets_them() -> None:
    late = [b"", b"250 fine\r\n"]
    with odd_server(EHLO=PIPELINING, MAIL=late[0], RCPT=late[0], DATA=late[1] * 2 + b"354 go\r\n") as server:
        assert send_one(route_to(server.port)).outcome is Outcome.SENT


def test_a_refusal_among_commands_sent_together_is_the_mails_own() -> None:
    refused = [b"550 5.1.1 nobody\r\n", b"250 ok\r\n"]
    data = [b"503 5.5.1 no recipients\r\n", b"354 go\r\n"]
    with odd_server(EHLO=PIPELINING, RCPT=list(refused), DATA=list(data)) as server:
        first, second = send(route_to(server.port), make_envelope(), make_envelope())
    assert (first.outcome, first.code, first.stage, first.text) == (Outcome.FAILED, 550, Stage.RCPT, "nobody")
    assert (second.outcome, server.connections) == (Outcome.SENT, 1)


def test_a_server_that_wants_a_mail_it_refused_gets_none() -> None:
    with odd_server(EHLO=PIPELINING, RCPT=b"550 5.1.1 nobody\r\n") as server:
        first, second = send(route_to(server.port), make_envelope(), make_envelope())
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert server.connections == 2
    assert "Subject: Hello" not in server.heard


@pytest.mark.parametrize("slow", ["DATA", "RSET"])
def test_a_server_that_answers_slowly_after_a_refusal_is_left(monkeypatch: pytest.MonkeyPatch, slow: str) -> None:
    monkeypatch.setattr(smtp, "_AFTER_REFUSAL", 0.05)
    refused = b"550 5.1.1 nobody\r\n"
    replies: dict[str, bytes | list[bytes | None] | None] = {
        "EHLO": PIPELINING,
        "RCPT": [refused, b"250 ok\r\n"],
        "DATA": [b"503 5.5.1 no recipients\r\n", b"354 go\r\n"],
    }
    replies[slow] = [b"", b"354 go\r\n"]
    with odd_server(**replies) as server:
        first, second = send(route_to(server.port), make_envelope(), make_envelope())
    assert (first.outcome, first.text, second.outcome) == (Outcome.FAILED, "nobody", Outcome.SENT)
    assert server.connections == 2


def test_a_connection_lost_among_commands_sent_together_leaves_no_doubt() -> None:
    with odd_server(EHLO=PIPELINING, RCPT=None) as server:
        result = send_one(route_to(server.port))
    assert (result.outcome, result.stage) == (Outcome.DEFERRED, Stage.RCPT)


def test_a_reply_of_several_lines_repeats_no_code() -> None:
    with odd_server(RCPT=b"550-5.1.1 no such\r\n550 5.1.1 user\r\n") as server:
        result = send_one(route_to(server.port))
    assert (result.enhanced, result.text) == ("5.1.1", "no such\nuser")
