import pytest

from email_processor.inbound.mailbox.envelope import Envelope, recover
from email_processor.inbound.routes import Directory
from email_processor.models import Recipient
from epm.models import EmailConnection, Zone
from tests import factories
from tests.inbound.reports import forged, regular, report, way_back

ORDERS = "orders@example.com"


@pytest.fixture
def directory(zone: Zone, connection: EmailConnection) -> Directory:
    factories.make_application(zone, "shop", addresses=(ORDERS,))
    return Directory.read()


def mail(*headers: str) -> bytes:
    return "\r\n".join([*headers, "Subject: Hello", "", "To: nobody@example.com", ""]).encode()


@pytest.mark.parametrize(
    "header",
    [
        "Delivered-To: {}",
        "X-Original-To: {}",
        "Envelope-To: <{}>",
        "To: {}",
        "To: =?utf-8?q?Mail_System?= <{}>",
        'Cc: "Doe, Jane" <jane@example.net>, {}',
        "Received: from mx.example.net by mail.example.com with ESMTP id 1\r\n\tfor <{}>; Sun, 22 Nov 2026 10:00:00 +0000",
    ],
)
def test_it_finds_the_return_path_wherever_it_stands(directory: Directory, recipient: Recipient, header: str) -> None:
    raw = mail("Delivered-To: reports@example.com", f"To: {ORDERS}", header.format(way_back(recipient)))
    assert recover(raw, directory, "").rcpt_to == way_back(recipient)


def test_it_prefers_a_signed_return_path_to_a_forged_one(directory: Directory, recipient: Recipient) -> None:
    raw = mail(f"Delivered-To: {forged(way_back(recipient))}", f"To: {way_back(recipient)}")
    assert recover(raw, directory, "").rcpt_to == way_back(recipient)


def test_it_keeps_a_forged_return_path_for_quarantine(directory: Directory, recipient: Recipient) -> None:
    raw = mail(f"To: {forged(way_back(recipient))}")
    assert recover(raw, directory, "").rcpt_to == forged(way_back(recipient))


def test_it_reads_no_return_path_out_of_the_mail_that_a_report_returns(
    directory: Directory, recipient: Recipient
) -> None:
    raw = mail(f"To: {ORDERS}") + b"\r\nReturn-Path: <>\r\nTo: " + way_back(recipient).encode() + b"\r\n"
    assert recover(raw, directory, "").rcpt_to == ORDERS


def test_it_finds_the_application_in_the_headers(directory: Directory) -> None:
    raw = b"Delivered-To: reports@example.com\r\nReturn-Path: <customer@example.net>\r\n" + regular(ORDERS)
    assert recover(raw, directory, "") == Envelope("customer@example.net", ORDERS)


@pytest.mark.parametrize(("own", "expected"), [(ORDERS, ORDERS), ("", "reports@example.com")])
def test_it_falls_back_on_the_mailbox_itself(directory: Directory, own: str, expected: str) -> None:
    raw = mail("Delivered-To: reports@example.com", "To: undisclosed-recipients:;")
    assert recover(raw, directory, own).rcpt_to == expected


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (["Return-Path: <>", "From: MAILER-DAEMON@mx.example.net"], ""),
        (["Return-Path: <a@example.net>", "From: b@example.net"], "a@example.net"),
        (["From: Jane <b@example.net>"], "b@example.net"),
        ([], ""),
    ],
)
def test_it_guesses_no_null_sender(directory: Directory, headers: list[str], sender: str) -> None:
    assert recover(mail(*headers), directory, "").mail_from == sender


def test_it_survives_headers_that_are_none(directory: Directory) -> None:
    assert recover(b"\x00\xff" * 100 + b"@" * 300_000, directory, "") == Envelope("", "")


def test_it_proves_the_report_of_a_mailbox_by_its_signature(directory: Directory, recipient: Recipient) -> None:
    raw = b"Return-Path: <>\r\nDelivered-To: reports@example.com\r\n" + report(recipient, "failed")
    assert recover(raw, directory, "") == Envelope("", way_back(recipient))
