"""What the listener's doors say, and to whom they open."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from email_processor.inbound.listener import CannotListen, Listener, tls_context
from email_processor.inbound.peers import Peers
from email_processor.models import InboundMessage
from epm.models import EmailConnection, Zone
from tests import factories
from tests.certificates import make_certificate
from tests.inbound.listening import running_listener
from tests.inbound.reports import regular
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)

SENDER = "customer@example.net"
ORDERS = "orders@example.com"


@pytest.fixture
def listener(zone: Zone, connection: EmailConnection) -> Iterator[Listener]:
    factories.make_application(zone, "shop", addresses=(ORDERS, "service@example.com"))
    with running_listener() as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path, settings: LazySettings) -> Path:
    certificate, key = make_certificate(tmp_path)
    settings.EPM_LISTENER_CERTIFICATE, settings.EPM_LISTENER_KEY = str(certificate), str(key)
    return certificate


def connect(port: int | None) -> smtplib.SMTP:
    assert port
    return smtplib.SMTP("127.0.0.1", port, timeout=10)


@pytest.mark.parametrize("kind", ["smtp_port", "lmtp_port"])
def test_it_takes_mail_over_starttls(zone: Zone, certificate: Path, kind: str) -> None:
    factories.make_application(zone, "shop", addresses=(ORDERS,))
    context = ssl.create_default_context(cafile=str(certificate))
    client_class = smtplib.SMTP if kind == "smtp_port" else smtplib.LMTP
    with running_listener(tls_context()) as listener, client_class("127.0.0.1", getattr(listener, kind)) as client:
        client.starttls(context=context)
        client.sendmail(SENDER, [ORDERS], regular(ORDERS))
        assert "auth" not in client.esmtp_features
    assert InboundMessage.objects.get().peer == "127.0.0.1"


def test_it_offers_no_starttls_without_a_certificate(listener: Listener) -> None:
    with connect(listener.smtp_port) as client:
        client.ehlo("tests.example")
        assert "starttls" not in client.esmtp_features


def test_it_says_which_certificate_it_cannot_use(settings: LazySettings) -> None:
    settings.EPM_LISTENER_CERTIFICATE = "/nowhere/certificate.pem"
    with pytest.raises(CannotListen, match=r"EPM_LISTENER_CERTIFICATE=/nowhere/certificate.pem .* No such file"):
        tls_context()


def test_it_refuses_a_peer_with_too_many_connections(listener: Listener, settings: LazySettings) -> None:
    settings.EPM_LISTENER_CONNECTIONS = 2
    with connect(listener.smtp_port), connect(listener.smtp_port):
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            connect(listener.smtp_port)
        assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (421, b"4.7.0")


def test_it_lets_a_peer_in_again_that_has_hung_up(listener: Listener, settings: LazySettings) -> None:
    settings.EPM_LISTENER_CONNECTIONS = 1
    socket.create_connection(("127.0.0.1", listener.smtp_port)).close()

    def is_let_in() -> bool:
        try:
            with connect(listener.smtp_port) as client:
                return client.noop()[0] == 250
        except (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected):
            return False

    assert eventually(is_let_in, "a connection")


def test_it_asks_a_peer_to_slow_down(listener: Listener, settings: LazySettings) -> None:
    settings.EPM_LISTENER_RATE = 2
    with connect(listener.smtp_port) as client:
        for number in range(2):
            client.sendmail(SENDER, [ORDERS], regular(ORDERS, f"mail {number}"))
        code, text = client.mail(SENDER)
    assert (code, text[:5]) == (450, b"4.7.1")


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_it_tells_peers_apart_by_what_one_customer_gets(
    settings: LazySettings, one: str, other: str, are_one: bool
) -> None:
    settings.EPM_LISTENER_CONNECTIONS = 1
    peers = Peers()
    assert (peers.enter(one), peers.enter(other)) == (True, not are_one)


DIALOGUES = {
    "smtp_port": (
        *("EHLO tests.example", "NOOP", "VRFY someone", "EXPN list", "HELP", "FOO", "RCPT TO:<a@b.c>", "DATA", "MAIL"),
        *(
            "MAIL FROM:<a@b.c> X=Y",
            "STARTTLS",
            "AUTH PLAIN x",
            "RSET now",
            f"MAIL FROM:<{SENDER}>",
            "MAIL FROM:<a@b.c>",
        ),
        *("RCPT TO:<nobody@example.com>", "RCPT TO:", f"RCPT TO:<{ORDERS}>", "DATA now", "RSET", "QUIT"),
    ),
    "lmtp_port": ("LHLO tests.example", "HELO tests", "NOOP", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{ORDERS}>", "QUIT"),
}


@pytest.mark.parametrize("kind", list(DIALOGUES))
def test_it_has_an_enhanced_code_in_every_reply_but_the_greetings(listener: Listener, kind: str) -> None:
    with connect(getattr(listener, kind)) as client:
        client.docmd(DIALOGUES[kind][0])
        replies = [(command, *client.docmd(command)) for command in DIALOGUES[kind][1:]]
    assert [reply for reply in replies if not re.match(rf"{reply[1] // 100}\.\d\.\d+ ", reply[2].decode())] == []


def test_it_announces_its_enhanced_codes(listener: Listener) -> None:
    with connect(listener.smtp_port) as client:
        client.ehlo("tests.example")
        assert "enhancedstatuscodes" in client.esmtp_features


@pytest.mark.parametrize(("kind", "greeting"), [("smtp_port", "EHLO"), ("lmtp_port", "LHLO")])
def test_it_takes_commands_that_come_in_one_piece_and_says_so(listener: Listener, kind: str, greeting: str) -> None:
    with connect(getattr(listener, kind)) as client:
        assert b"PIPELINING" in client.docmd(greeting, "tests.example")[1].splitlines()
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<x@y.example>\r\nRCPT TO:<{ORDERS}>\r\nDATA\r\n")
        assert [client.getreply()[0] for _ in range(4)] == [250, 550, 250, 354]
        client.send(regular(ORDERS) + b".\r\nNOOP\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [250, 250]


def test_it_gives_back_no_data_where_every_recipient_of_a_pipeline_is_refused(listener: Listener) -> None:
    with connect(listener.smtp_port) as client:
        client.ehlo("tests.example")
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<x@y.example>\r\nDATA\r\nNOOP\r\n")
        assert [client.getreply()[0] for _ in range(4)] == [250, 550, 503, 250]


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_it_has_no_accounts(zone: Zone, certificate: Path, is_encrypted: bool) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    with running_listener(tls_context()) as listener, connect(listener.smtp_port) as client:
        if is_encrypted:
            client.starttls(context=context)
        client.ehlo("tests.example")
        assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] == 502
        assert b"AUTH" not in client.docmd("HELP")[1]


def test_it_drops_what_came_before_the_encryption(zone: Zone, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    with running_listener(tls_context()) as listener, connect(listener.smtp_port) as client:
        client.ehlo("tests.example")
        client.send("STARTTLS\r\nMAIL FROM:<injected@example.net>\r\n")
        assert client.getreply()[0] == 220
        assert client.sock is not None
        client.sock = context.wrap_socket(client.sock, server_hostname="127.0.0.1")
        client.file = None
        client.ehlo("tests.example")
        assert client.docmd("RCPT", f"TO:<{ORDERS}>")[0] == 503
