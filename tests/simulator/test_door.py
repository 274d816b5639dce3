"""The door: what it offers, what it refuses, what it hands on."""

import smtplib
import socket

import pytest

from email_processor.simulator import RunningWorld, running_world
from tests.simulator.tools import MAIL, RETURN_PATH, Client, Envelope


def test_it_offers_what_a_modern_server_offers(client: Client) -> None:
    with client.connect() as smtp:
        assert {"dsn", "pipelining", "8bitmime", "smtputf8", "size", "enhancedstatuscodes"} <= set(smtp.esmtp_features)


def test_it_keeps_the_mail_byte_for_byte(client: Client, world: RunningWorld) -> None:
    client.send("anna")
    assert world.received[0].content == MAIL


@pytest.mark.parametrize("content", [b"", b"\r\n", b".\r\n", b"\r\n.\r\n\r\n", b"..\r\nx\r\n", b"X" * 70_000 + b"\r\n"])
def test_it_undoes_stuffed_dots_wherever_they_stand(client: Client, world: RunningWorld, content: bytes) -> None:
    client.content = content
    client.send("anna")
    # smtplib ends an empty mail with a line of its own.
    assert world.received[0].content == (content or b"\r\n")


def test_it_keeps_the_envelope_with_its_parameters(client: Client, world: RunningWorld) -> None:
    client.send("anna", "NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;a+2Bb@x.example", mail=("RET=HDRS", "ENVID=a+3Db"))
    mail = world.received[0]
    (recipient,) = mail.recipients
    assert (mail.mail_from, mail.sender.ret, mail.sender.envid) == (RETURN_PATH, "HDRS", "a=b")
    assert recipient.notify == frozenset({"SUCCESS", "DELAY"})
    assert recipient.original is not None
    assert recipient.original.address == "a+b@x.example"


@pytest.mark.parametrize(
    "parameter",
    [
        "NOTIFY=NEVER,SUCCESS",
        "NOTIFY=SOMETIMES",
        "NOTIFY=",
        "NOTIFY=FAILURE NOTIFY=FAILURE",
        "ORCPT=anna@x.example",
        "ORCPT=rfc822;a+zz@x.example",
        "ORCPT=rfc822;a+0Ab@x.example",
        "ORCPT=utf-8;\\x{110000}@x.example",
        "ORCPT=rfc822;" + "a" * 500,
    ],
)
def test_it_refuses_a_bad_recipient_parameter(client: Client, parameter: str) -> None:
    code, text = client.send("anna", parameter)
    assert (code, text[:5]) == (501, "5.5.4")


@pytest.mark.parametrize("parameter", ["RET=HALF", "ENVID=a=b", "ENVID=" + "a" * 101, "SIZE=big", "BODY=9BIT", "RET"])
def test_it_refuses_a_bad_sender_parameter(client: Client, parameter: str) -> None:
    code, text = client.send("anna", mail=(parameter,))
    assert (code, text[:5]) == (501, "5.5.4")


def test_it_refuses_a_parameter_it_does_not_know(client: Client) -> None:
    assert client.send("anna", mail=("HOLDFOR=3",))[0] == 555


def test_it_refuses_dsn_parameters_where_dsn_is_not_offered() -> None:
    with running_world(without=frozenset({"DSN"})) as world:
        assert Client(world).send("anna", "NOTIFY=SUCCESS")[0] == 555


def test_it_leaves_out_enhanced_codes_where_they_are_not_offered() -> None:
    with running_world(without=frozenset({"ENHANCEDSTATUSCODES"})) as world:
        assert Client(world).send("refused") == (550, "No mailbox here by that name")


def test_it_refuses_a_utf8_address_without_smtputf8(client: Client) -> None:
    code, text = client.send_to("jürgen@there.example", Envelope())
    assert (code, text[:5]) == (553, "5.6.7")


def test_it_takes_a_utf8_address_with_smtputf8(client: Client, world: RunningWorld) -> None:
    client.send_to("jürgen@there.example", Envelope(mail=("SMTPUTF8",)))
    assert world.received[0].rcpt_tos == ("jürgen@there.example",)


def test_it_refuses_a_mail_announced_as_too_large() -> None:
    with running_world(size_limit=5_000) as world:
        assert Client(world).send("anna", mail=("SIZE=5001",))[0] == 552


def test_it_refuses_a_mail_that_turns_out_too_large_and_goes_on() -> None:
    with running_world(size_limit=5_000) as world, Client(world).connect() as smtp:
        smtp.mail(RETURN_PATH)
        smtp.rcpt("anna@there.example")
        assert smtp.data(b"x" * 60 + b"\r\n" + b"y" * 20_000)[0] == 552
        assert smtp.noop()[0] == 250


def test_it_wants_mail_before_rcpt_and_rcpt_before_data(client: Client) -> None:
    with client.connect() as smtp:
        assert smtp.docmd("RCPT TO:<anna@there.example>")[0] == 503
        smtp.mail(RETURN_PATH)
        assert smtp.docmd("DATA")[0] == 503


def test_it_takes_pipelined_commands(world: RunningWorld) -> None:
    commands = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<anna@x.example>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n"
    with socket.create_connection((world.host, world.port), timeout=10) as connection:
        connection.sendall(commands)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert world.received[0].content == b"hi\r\n"
    assert b"\r\n221 " in answer


def test_it_demands_the_login_it_was_given() -> None:
    with running_world(login=("shop", "secret")) as world, Client(world).connect() as smtp:
        assert smtp.mail(RETURN_PATH)[0] == 530
        smtp.login("shop", "secret")
        assert smtp.mail(RETURN_PATH)[0] == 250


def test_it_refuses_another_login() -> None:
    with (
        running_world(login=("shop", "secret")) as world,
        Client(world).connect() as smtp,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        smtp.login("shop", "guess")
