import pytest

from email_processor.outbound.envelope import (
    Envelope,
    mail_command,
    on_the_wire,
    original_recipient,
    rcpt_command,
    xtext,
)

ALL = {"DSN": "", "SIZE": "1000", "SMTPUTF8": "", "8BITMIME": ""}


def make_envelope(rcpt_to: str = "ann@example.net", orcpt: str = "rfc822;ann@example.net") -> Envelope:
    return Envelope("epm-x@bounces.example.com", rcpt_to, b"", 42, False, "HDRS", "id 1+1", "SUCCESS,FAILURE", orcpt)


def test_mail_says_size_ret_and_envid_where_they_are_offered() -> None:
    assert b" ".join(mail_command(make_envelope(), ALL)) == (
        b"MAIL FROM:<epm-x@bounces.example.com> SIZE=42 RET=HDRS ENVID=id+201+2B1"
    )


def test_rcpt_says_notify_and_orcpt_where_dsn_is_offered() -> None:
    assert b" ".join(rcpt_command(make_envelope(), ALL)) == (
        b"RCPT TO:<ann@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;ann@example.net"
    )


def test_it_says_nothing_that_was_not_offered() -> None:
    assert b" ".join(mail_command(make_envelope(), {})) == b"MAIL FROM:<epm-x@bounces.example.com>"
    assert b" ".join(rcpt_command(make_envelope(), {})) == b"RCPT TO:<ann@example.net>"


def test_an_address_outside_ascii_asks_for_smtputf8() -> None:
    envelope = make_envelope("dömi@example.net", "utf-8;dömi@example.net")
    assert b"BODY=8BITMIME SMTPUTF8" in b" ".join(mail_command(envelope, ALL))
    assert rcpt_command(envelope, ALL)[1:] == [
        "TO:<dömi@example.net>".encode(),
        b"NOTIFY=SUCCESS,FAILURE",
        rb"ORCPT=utf-8;d\x{F6}mi@example.net",
    ]


def test_a_domain_outside_ascii_does_not() -> None:
    envelope = make_envelope("ann@bücher.example")
    assert b"SMTPUTF8" not in mail_command(envelope, ALL)
    assert rcpt_command(envelope, ALL)[1] == b"TO:<ann@xn--bcher-kva.example>"


@pytest.mark.parametrize(
    ("plain", "encoded"), [("a+b=c", "a+2Bb+3Dc"), ("a b", "a+20b"), ("a~!", "a~!"), ("\t", "+09")]
)
def test_xtext(plain: str, encoded: str) -> None:
    assert xtext(plain) == encoded


def test_plus_and_backslash_of_a_utf8_address_are_encoded() -> None:
    assert original_recipient("utf-8;a+b\\ü@example.net") == r"utf-8;a\x{2B}b\x{5C}\x{FC}@example.net"


@pytest.mark.parametrize(
    ("mime", "wire"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\r\n..b\r\n.\r\n", b"..a\r\n...b\r\n..\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_and_the_final_dot_is_added(mime: bytes, wire: bytes) -> None:
    assert on_the_wire(mime) == wire
