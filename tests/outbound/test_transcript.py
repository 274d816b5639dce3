import base64

import pytest
from pytest_django import Settings

from email_processor.models import EventType
from email_processor.outbound.send_result import SendResult
from email_processor.outbound.sending import drain
from email_processor.outbound.transcript import LONGEST, SERVER, US, in_words
from epm.choices import Transport
from epm.models import Application, EmailConnection, Zone
from notifications.models import Notification
from tests import factories
from tests.outbound.internet import Internet, directly, drained, smtp_of
from tests.outbound.servers import EHLO, odd_server, odd_server_at
from tests.outbound.test_smtp import make_envelope, route_to, send, send_one

LOGIN = EHLO.replace(b"250 SIZE", b"250-AUTH PLAIN LOGIN CRAM-MD5\r\n250 SIZE")


def told(result: SendResult) -> list[str]:
    return str(result.as_data()["transcript"]).split("\n")


def test_it_tells_the_dialogue_about_one_mail() -> None:
    with odd_server(MAIL=b"250 2.1.0 fine\r\n", RCPT=b"550-5.1.1 nobody\r\n550 5.1.1 of that name\r\n") as server:
        result = send_one(route_to(server.port), envid="e1", notify="FAILURE")
    assert told(result)[-5:] == [
        "C: MAIL FROM:<epm-x@bounces.example.com> SIZE=25 ENVID=e1",
        "S: 250 2.1.0 fine",
        "C: RCPT TO:<ann@example.net> NOTIFY=FAILURE",
        "S: 550-5.1.1 nobody",
        "S: 550 5.1.1 of that name",
    ]


def test_it_tells_how_the_connection_was_opened(settings: Settings) -> None:
    settings.EPM_HOST_NAME = "mail.example.org"
    with odd_server() as server:
        lines = told(send_one(route_to(server.port)))
    assert lines[:3] == [f"-- connecting to 127.0.0.1, port {server.port}", "S: 220 hello", "C: EHLO mail.example.org"]
    assert lines[3:6] == ["S: 250-odd.example", "S: 250-DSN", "S: 250-SMTPUTF8"]


def test_it_tells_the_size_of_a_content_and_not_the_content() -> None:
    with odd_server() as server:
        lines = told(send_one(route_to(server.port), mime=b"Subject: secret\r\n\r\n"))
    assert lines[-2:] == ["-- the content, 22 octets on the wire", "S: 250 2.0.0 fine"]


def test_it_tells_of_an_opening_that_failed() -> None:
    with odd_server(GREETING=b"554-no\r\n554 go away\r\n") as server:
        lines = told(send_one(route_to(server.port)))
    assert lines[1:] == ["S: 554-no", "S: 554 go away"]


def test_it_tells_that_tls_was_refused() -> None:
    offer = EHLO.replace(b"250 SIZE", b"250-STARTTLS\r\n250 SIZE")
    with odd_server(EHLO=offer, STARTTLS=b"454 4.7.0 not now\r\n") as server:
        lines = told(send_one(route_to(server.port, transport=Transport.STARTTLS)))
    assert lines[-2:] == ["C: STARTTLS", "S: 454 4.7.0 not now"]


@pytest.mark.parametrize("mechanism", [b"PLAIN", b"LOGIN", b"CRAM-MD5"])
def test_it_keeps_no_credentials(mechanism: bytes) -> None:
    offer = EHLO.replace(b"250 SIZE", b"250-AUTH " + mechanism + b"\r\n250 SIZE")
    refused = b"535 5.7.8 no\r\n"
    answers = {b"PLAIN": refused, b"LOGIN": b"334 UGFzc3dvcmQ6\r\n", b"CRAM-MD5": b"334 PDE+\r\n"}
    with odd_server(EHLO=offer, AUTH=answers[mechanism]) as server:
        result = send_one(route_to(server.port, user_name="ann-login", password="open-sesame"))
    text = "\n".join(told(result))
    hidden = [base64.b64encode(word).decode() for word in (b"ann-login", b"open-sesame", b"\0ann-login\0open-sesame")]
    assert f"C: AUTH {mechanism.decode()}" in text
    assert "********" in text
    assert not [word for word in [*hidden, "ann-login", "open-sesame"] if word in text]


def test_a_later_mail_has_its_own_transcript() -> None:
    with odd_server(RCPT=[b"550 first\r\n", b"250 second\r\n"]) as server:
        first, second = send(route_to(server.port), make_envelope("a@example.net"), make_envelope("b@example.net"))
    assert "S: 550 first" in told(first)
    assert told(second)[0] == "-- over a connection that has carried mails before"
    assert "a@example.net" not in "\n".join(told(second))


def test_pieces_of_a_line_are_put_together() -> None:
    assert (
        in_words([(US, b"QUIT\r\n"), (SERVER, b"2"), (SERVER, b"21 b"), (SERVER, b"ye\r\n")]) == "C: QUIT\nS: 221 bye"
    )


def test_it_has_an_end() -> None:
    endless = in_words([(SERVER, b"250-" + b"x" * 10_000 + b"\r\n")] * 1_000 + [(SERVER, b"250 end\r\n")])
    assert len(endless) < LONGEST + 100
    assert endless.endswith("S: 250 end")


def test_it_is_storable_whatever_a_server_says() -> None:
    assert in_words([(SERVER, b"250 \x00\xff\xfe\r\n")]) == "S: 250 \ufffd\ufffd"


@pytest.mark.parametrize(("reply", "is_kept"), [(b"250 2.0.0 fine\r\n", False), (b"451 4.3.0 later\r\n", True)])
def test_an_operator_may_keep_those_of_trouble_only(settings: Settings, reply: bytes, is_kept: bool) -> None:
    settings.EPM_TRANSCRIPTS = "trouble"
    with odd_server(CONTENT=reply) as server:
        result = send_one(route_to(server.port))
    assert ("transcript" in result.as_data()) is is_kept


def test_it_tells_how_far_it_came_before_the_server_was_gone() -> None:
    with odd_server(DATA=None) as server:
        result = send_one(route_to(server.port))
    assert told(result)[-2:] == ["C: DATA", "-- Connection lost"]


@pytest.mark.django_db
def test_it_stands_in_the_event_and_not_in_what_applications_are_told(
    application: Application, way_out: EmailConnection
) -> None:
    message = factories.make_message(application.zone, "ann@example.net", application=application)
    drain(application.zone.name)
    event = message.recipients.get().events.get(type=EventType.SENT)
    assert "C: RCPT TO:<ann@example.net>" in event.data["smtp"]["transcript"]
    assert b"transcript" not in bytes(Notification.objects.get(type="email.sent").body)


def test_what_is_not_kept_does_not_gather(settings: Settings) -> None:
    settings.EPM_TRANSCRIPTS = "trouble"
    with odd_server(RCPT=[b"250 first\r\n", b"550 second\r\n"]) as server:
        _, second = send(route_to(server.port), make_envelope("a@example.net"), make_envelope("b@example.net"))
    assert "a@example.net" not in "\n".join(told(second))


@pytest.mark.django_db
def test_it_tells_of_every_server_that_was_tried(zone: Zone, internet: Internet) -> None:
    internet.sink("127.0.0.3")
    directly(zone, internet)
    transcript = smtp_of(drained(zone, "ann@shop.example"))["transcript"]
    assert transcript.startswith(
        f"-- connecting to 127.0.0.2, port {internet.port}\n-- 127.0.0.2, port {internet.port}: "
    )
    assert f"-- connecting to 127.0.0.3, port {internet.port}\nS: 220" in transcript


@pytest.mark.django_db
def test_it_tells_that_protection_was_tried_in_vain(zone: Zone, internet: Internet) -> None:
    offer = b"250-odd.example\r\n250 STARTTLS\r\n"
    with odd_server_at("127.0.0.2", 0, {"EHLO": offer, "STARTTLS": b"454 4.7.0 not now\r\n"}) as server:
        internet.port = server.port
        directly(zone, internet)
        lines = smtp_of(drained(zone, "ann@bare.example"))["transcript"].split("\n")
    assert lines.count(f"-- connecting to 127.0.0.2, port {server.port}") == 2
    assert "S: 454 4.7.0 not now" in lines
