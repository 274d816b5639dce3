"""Servers that lie, talk too much, or hang up half-way: what is believed of them, and what is told."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from email_processor.models import State
from email_processor.outbound.envelope import Features
from email_processor.outbound.send_result import Outcome, Stage
from email_processor.outbound.sending import drain
from email_processor.outbound.smtp import Connection
from epm.choices import Transport
from epm.models import EmailConnection, Zone
from tests import factories
from tests.certificates import make_certificate
from tests.outbound.internet import Internet, directly, drained, smtp_of
from tests.outbound.servers import EHLO, odd_server, odd_server_at
from tests.outbound.test_smtp import make_envelope, route_to, send, send_one

Replies = bytes | list[bytes | None] | None

PIPELINING = EHLO.replace(b"250-DSN", b"250-PIPELINING\r\n250-DSN")
LOGIN = EHLO.replace(b"250 SIZE", b"250-AUTH CRAM-MD5 PLAIN LOGIN\r\n250 SIZE")


# --- said too early


@pytest.mark.parametrize("offer", [EHLO, PIPELINING])
def test_a_mail_is_not_sent_because_the_server_says_so_before_it_has_it(offer: bytes) -> None:
    with odd_server(EHLO=offer, DATA=b"354 go\r\n250 2.0.0 taken\r\n", CONTENT=b"550 5.7.1 refused\r\n") as server:
        results = send(route_to(server.port), make_envelope(), make_envelope())
    assert [(r.outcome, r.stage) for r in results] == [(Outcome.DEFERRED, Stage.CONTENT)] * 2
    assert "Subject: Hello" not in server.heard


def test_a_refusal_before_the_content_is_heard() -> None:
    with odd_server(DATA=b"354 go\r\n554 5.7.1 or rather not\r\n") as server:
        result = send_one(route_to(server.port))
    assert (result.outcome, result.code, result.stage) == (Outcome.FAILED, 554, Stage.CONTENT)


# --- remembers what it refused


def test_a_server_is_made_to_forget_what_it_refused_at_the_end() -> None:
    with odd_server(CONTENT=[b"554 5.7.1 refused\r\n", b"250 2.0.0 fine\r\n"]) as server:
        results = send(route_to(server.port), make_envelope(), make_envelope())
    assert [r.outcome for r in results] == [Outcome.FAILED, Outcome.SENT]
    assert server.heard.count("RSET") == 1


def test_a_connection_on_which_nothing_is_taken_now_carries_no_other_mail() -> None:
    with odd_server(RCPT=[b"450 4.3.2 Service currently unavailable\r\n", b"250 2.1.5 fine\r\n"]) as server:
        results = send(route_to(server.port), make_envelope(), make_envelope())
    assert [r.outcome for r in results] == [Outcome.DEFERRED, Outcome.SENT]
    assert server.connections == 2


@pytest.mark.parametrize("offer", [EHLO, PIPELINING])
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_server_that_had_enough_of_the_mails_before_is_asked_anew(step: str, offer: bytes) -> None:
    fine = {"RCPT": b"250 2.1.5 fine\r\n", "DATA": b"354 go\r\n"}[step]
    replies: dict[str, Replies] = {"EHLO": offer, step: [fine, b"421 4.5.0 Too many errors, bye\r\n", fine]}
    with odd_server(**replies) as server:
        results = send(route_to(server.port), make_envelope(), make_envelope())
    assert [r.outcome for r in results] == [Outcome.SENT, Outcome.SENT]
    assert server.connections == 2


# --- hangs up half-way


@pytest.mark.parametrize("refusal", [b"421 4.3.2 closing\r\n", b"554 5.7.1 go away\r\n"])
def test_it_tells_why_a_server_hung_up_after_ehlo(refusal: bytes) -> None:
    with odd_server(EHLO=refusal, HELO=None) as server:
        result = send_one(route_to(server.port))
    assert (result.outcome, result.code, result.stage) == (Outcome.DEFERRED, int(refusal[:3]), Stage.GREETING)


def test_only_a_server_that_does_not_know_ehlo_hears_helo() -> None:
    with odd_server(EHLO=b"451 4.3.0 try later\r\n") as server:
        assert send_one(route_to(server.port)).code == 451
    assert not [line for line in server.heard if line.startswith("HELO")]


def test_it_tells_why_a_server_hung_up_after_a_login() -> None:
    with odd_server(EHLO=LOGIN, AUTH=[b"535 5.7.8 wrong password\r\n", None]) as server:
        result = send_one(route_to(server.port, user_name="epm", password="wrong"))
    assert (result.outcome, result.code, result.stage) == (Outcome.DEFERRED, 535, Stage.LOGIN)


def test_a_refused_greeting_is_no_missing_connection() -> None:
    with odd_server(GREETING=b"554 5.7.1 not you\r\n") as server:
        assert send_one(route_to(server.port)).stage is Stage.GREETING


def test_it_tells_that_a_server_hung_up_instead_of_greeting() -> None:
    with odd_server(GREETING=None) as server:
        result = send_one(route_to(server.port))
    assert (result.outcome, result.stage) == (Outcome.DEFERRED, Stage.GREETING)
    assert result.text.startswith(f"127.0.0.1, port {server.port}: ")


def test_it_tells_that_a_server_does_not_begin_with_tls() -> None:
    with odd_server() as server:
        result = send_one(route_to(server.port, transport=Transport.TLS))
    assert (result.outcome, result.stage) == (Outcome.DEFERRED, Stage.TLS)


# --- wants more of us first


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize("wish", [b"530 5.7.0 Authentication required", b"550 5.7.9 Mail must be authenticated"])
def test_a_server_that_wants_a_login_first_says_nothing_about_the_mail(step: str, wish: bytes) -> None:
    with odd_server(**{step: wish + b"\r\n"}) as server:
        result = send_one(route_to(server.port))
    assert (result.outcome, result.stage) == (Outcome.DEFERRED, Stage.LOGIN)
    assert result.never_began


@pytest.mark.django_db
def test_a_domains_server_means_the_recipient(zone: Zone, internet: Internet) -> None:
    with odd_server_at("127.0.0.2", 0, {"RCPT": b"530 5.7.1 Not one of ours\r\n"}) as server:
        internet.port = server.port
        directly(zone, internet)
        recipient = drained(zone, "ann@bare.example")
    assert (recipient.state, smtp_of(recipient)["stage"]) == (State.FAILED, Stage.RCPT)


@pytest.mark.django_db
def test_another_connection_takes_what_one_wants_a_login_for(zone: Zone, way_out: EmailConnection) -> None:
    with odd_server(MAIL=b"530 5.7.0 Must issue a STARTTLS command first\r\n") as server:
        factories.make_connection(zone, port=server.port, preference=way_out.preference - 1, name="first")
        message = factories.make_message(zone, "ann@example.net")
        drain(zone.name)
    assert message.recipients.get().state == State.SENT
    assert [line for line in server.heard if line.startswith("MAIL")]


# --- EHLO says anything


def test_a_limit_without_end_is_none() -> None:
    with odd_server(EHLO=b"250-odd.example\r\n250 SIZE " + b"9" * 5000 + b"\r\n") as server:
        assert send_one(route_to(server.port)).outcome is Outcome.SENT


def test_a_body_of_8_bits_is_announced_only_to_who_knows_the_word() -> None:
    with odd_server(EHLO=b"250-odd.example\r\n250 SMTPUTF8\r\n") as server:
        send_one(route_to(server.port), "dömi@example.net")
    assert "MAIL FROM:<epm-x@bounces.example.com> SMTPUTF8" in server.heard


@pytest.mark.django_db
def test_any_octets_in_ehlo_can_be_stored(zone: Zone) -> None:
    with odd_server(EHLO=b"250-odd.example\r\n250-XMOTD caf\xe9 \x00!\r\n250 DSN\r\n") as server:
        connection = factories.make_connection(zone, port=server.port)
        message = factories.make_message(zone, "ann@example.net")
        drain(zone.name)
    connection.refresh_from_db()
    assert connection.ehlo_features == {"XMOTD": "caf? !", "DSN": ""}
    assert message.recipients.get().state == State.SENT


# --- somebody stands between


@contextmanager
def injected_after_starttls(folder: Path, injected: bytes) -> Iterator[int]:
    """The port of a server whose goodbye to plain text somebody has lengthened (RFC 3207 6)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*make_certificate(folder))

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            for answer in (b"220 hello\r\n", b"250-odd.example\r\n250 STARTTLS\r\n", b"220 go\r\n" + injected):
                connection.sendall(answer)
                if not answer.startswith(b"220 go"):
                    connection.recv(1000)
            with context.wrap_socket(connection, server_side=True) as protected:
                protected.recv(1000)
                protected.sendall(b"250-odd.example\r\n250 SIZE 1000\r\n")
                protected.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = Thread(target=serve, args=(listening,), daemon=True)
        serving.start()
        yield listening.getsockname()[1]
        serving.join()


@pytest.mark.parametrize("injected", [b"250-evil.example\r\n250 PIPELINING\r\n", b"535 5.7.8 no\r\n", b"250-"])
def test_what_is_said_in_the_clear_counts_for_nothing_after_starttls(tmp_path: Path, injected: bytes) -> None:
    async def features(port: int) -> Features:
        route = route_to(port, address="127.0.0.1", transport=Transport.STARTTLS, verify=False)
        connection = Connection(route)
        await connection.open()
        await connection.close()
        return connection.features

    with injected_after_starttls(tmp_path, injected) as port:
        assert asyncio.run(features(port)) == {"SIZE": "1000"}
