"""Standard parts as the wild makes them: wrapped, mislabelled, encoded, cut short, without what the RFC asks for."""

import base64
import re
from dataclasses import dataclass

import pytest

from email_processor.inbound.dsn import Action, Report, parse

from .family_shapes import SHAPES as ODD
from .family_shapes import Shape as Odd

RETURNED = """\
From: Us <us@example.net>
To: bob@example.com
Message-ID: <offer-1@example.net>
Subject: offer
"""
BLOCK = "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n"
MESSAGE = "Reporting-MTA: dns; mx.example.org\n"
HEAD = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: us@example.net\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"


def report(status: str, kind: str = "multipart/report; report-type=delivery-status", **part: str) -> bytes:
    """A report with this status part; `type` and `encoding` of that part, `notice` before it."""
    encoding = f"Content-Transfer-Encoding: {part['encoding']}\n" if "encoding" in part else ""
    return (
        f"{HEAD}Content-Type: {kind}; boundary=q\n\n--q\nContent-Type: text/plain\n\n"
        f"{part.get('notice', 'Your mail could not be delivered.')}\n\n"
        f"--q\nContent-Type: {part.get('type', 'message/delivery-status')}\n{encoding}\n{status}\n"
        f"--q\nContent-Type: message/rfc822\n\n{RETURNED}\n--q--\n"
    ).encode()


@dataclass(frozen=True)
class Shape:
    name: str
    raw: bytes
    address: str = "bob@example.com"
    status: str = "5.1.1"
    action: Action = Action.FAILED


SHAPES = (
    Shape("as it should be", report(f"{MESSAGE}\n{BLOCK}")),
    Shape("in base64", report(base64.encodebytes(f"{MESSAGE}\n{BLOCK}".encode()).decode(), encoding="base64")),
    Shape(
        "quoted-printable",
        report(f"{MESSAGE}\n{BLOCK}".replace("failed", "fai=\nled"), encoding="quoted-printable"),
    ),
    Shape("called text", report(f"{MESSAGE}\n{BLOCK}", type="text/plain")),
    Shape("called mixed", report(f"{MESSAGE}\n{BLOCK}", "multipart/mixed")),
    Shape("without report-type", report(f"{MESSAGE}\n{BLOCK}", "multipart/report")),
    Shape("report-type in capitals", report(f"{MESSAGE}\n{BLOCK}", 'multipart/report; Report-Type="Delivery-Status"')),
    Shape("no message fields", report(BLOCK)),
    Shape("blank lines everywhere", report(f"\n\n{MESSAGE}\n\n\n{BLOCK}".replace("\nAction", "\n\nAction"))),
    Shape("no type", report(f"{MESSAGE}\n{BLOCK}".replace("rfc822; ", ""))),
    Shape("angles", report(f"{MESSAGE}\n{BLOCK}".replace("bob@example.com", "<bob@example.com>"))),
    Shape("another type", report(f"{MESSAGE}\n{BLOCK}".replace("rfc822;", "X-LOCAL;"))),
    Shape("mailto", report(f"{MESSAGE}\n{BLOCK}".replace("rfc822; ", "rfc822;mailto:"))),
    Shape("smtp and capitals", report(f"{MESSAGE}\n{BLOCK}".replace("rfc822; ", "RFC822;SMTP:"))),
    Shape(
        "a name beside it", report(f"{MESSAGE}\n{BLOCK}".replace("bob@", "Bob Smith <bob@").replace(".com", ".com>"))
    ),
    Shape("a comment", report(f"{MESSAGE}\n{BLOCK}".replace(".com", ".com (unrecoverable error)"))),
    Shape(
        "status with words", report(f"{MESSAGE}\n{BLOCK}".replace("5.1.1", "5.1.1 (bad destination mailbox address)"))
    ),
    Shape(
        "status of four numbers",
        report(f"{MESSAGE}\n{BLOCK}".replace("5.1.1", "5.0.0\nDiagnostic-Code: smtp; 550-5.1.1 no such user")),
    ),
    Shape(
        "no status", report(f"{MESSAGE}\n{BLOCK}".replace("Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 unknown"))
    ),
    Shape("no action", report(f"{MESSAGE}\n{BLOCK}".replace("Action: failed\n", ""))),
    Shape("action with words", report(f"{MESSAGE}\n{BLOCK}".replace("failed", "failed (bad address)"))),
    Shape("names in capitals", report(f"{MESSAGE}\n{BLOCK}".upper())),
    Shape("a blank before the colon", report(f"{MESSAGE}\n{BLOCK}".replace(":", " :"))),
    Shape(
        "only the original recipient",
        report(f"{MESSAGE}\n{BLOCK}".replace("Final-Recipient", "Original-Recipient")),
    ),
    Shape(
        "an empty final recipient",
        report(f"{MESSAGE}\n{BLOCK}".replace(" bob@example.com", "\nOriginal-Recipient: rfc822; bob@example.com")),
    ),
    Shape(
        "a final recipient of X.400",
        report(
            f"{MESSAGE}\n{BLOCK}".replace(
                "rfc822; bob@example.com", "x400; /O=EX/CN=BOB\nOriginal-Recipient: rfc822;bob@example.com"
            )
        ),
    ),
    Shape(
        "nobody in the part, one in the notice",
        report(f"{MESSAGE}\nAction: failed\nStatus: 5.1.1\n", notice="<bob@example.com>: 550 5.1.1 unknown user"),
    ),
    Shape(
        "an empty part, one in the returned mail",
        report("", notice="Your mail could not be delivered: 550 5.1.1 no such user"),
    ),
    Shape(
        "a local name without a domain",
        report(
            f"{MESSAGE}\n{BLOCK}".replace("rfc822; bob@example.com", "rfc822; bob"),
            notice="<bob@example.com>: 550 5.1.1 unknown user",
        ),
    ),
    Shape("a line of its own for each value", report(f"{MESSAGE}\n{BLOCK}".replace(": ", ":\n "))),
    Shape("a boundary that never ends", report(f"{MESSAGE}\n{BLOCK}").replace(b"--q--", b"")),
    Shape(
        "a mail that ends in the part", report(f"{MESSAGE}\n{BLOCK}").partition(b"--q\nContent-Type: message/rfc822")[0]
    ),
    Shape(
        "preamble before the parts", report(f"{MESSAGE}\n{BLOCK}").replace(b"\n\n--q", b"\n\nThis is MIME.\n\n--q", 1)
    ),
    Shape(
        "delayed by its date",
        report(
            f"{MESSAGE}\n{BLOCK}".replace(
                "Action: failed\nStatus: 5.1.1", "Will-Retry-Until: Mon, 23 Nov 2026 10:00:00 +0000"
            )
        ),
        status="4.0.0",
        action=Action.DELAYED,
    ),
)


NOTICE = """\
This is the mail system at mx.example.org.

Your message could not be delivered to:

<bob@example.com>: 550 5.1.1 user unknown
"""
FRAGMENT = (
    "<p>It could not be delivered to:</p>\n  <div>&nbsp;&lt;bob@example.com&gt;:&nbsp;550 5.1.1 user unknown</div>"
)
FIELDS_AS_HTML = f"<div>{MESSAGE}{BLOCK}</div>".replace("\n", "<br>\n ")


def plain(kind: str, body: bytes, encoding: str = "") -> bytes:
    """A report of one part."""
    return f"{HEAD}Content-Type: {kind}\n{encoding}\n".encode() + body


@pytest.mark.parametrize(
    "raw",
    [
        plain("text/plain; charset=utf-16", NOTICE.encode("utf-16")),
        plain("text/plain; charset=unicode-1-1-utf-7", NOTICE.replace("@", "+AEA-").encode()),
        plain("text/plain", base64.encodebytes(NOTICE.encode()), "Content-Transfer-Encoding: base64\n"),
        plain("text/html", FRAGMENT.encode()),
        plain("text/html", FIELDS_AS_HTML.encode()),
        plain("text/plain", NOTICE.upper().encode()),
        plain("text/plain", NOTICE.replace("\n", "\n    ").encode()),
    ],
    ids=["utf-16", "utf-7", "base64", "html", "fields in html", "capitals", "indented"],
)
def test_it_reads_a_notice_however_it_is_written(raw: bytes) -> None:
    found = parse(raw)
    assert found is not None
    assert [(one.final_recipient.lower(), one.status) for one in found.recipients] == [("bob@example.com", "5.1.1")]


def read(shape: Shape) -> Report:
    found = parse(shape.raw)
    assert found is not None
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_it_reads_the_recipient(shape: Shape) -> None:
    (one,) = read(shape).recipients
    assert shape.address in (one.final_recipient.lower(), one.original_recipient.lower())


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_it_reads_what_happened(shape: Shape) -> None:
    first = read(shape).recipients[0]
    assert (first.action, first.status) == (shape.action, shape.status)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_it_reads_the_same_with_crlf(shape: Shape) -> None:
    assert parse(shape.raw.replace(b"\n", b"\r\n")) == parse(shape.raw)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_it_reads_the_same_where_crlf_was_taken_for_lf(shape: Shape) -> None:
    assert parse(shape.raw.replace(b"\n", b"\r\r\n")) == parse(shape.raw)


@pytest.mark.parametrize("shape", ODD, ids=lambda shape: shape.name)
def test_it_reads_odd_structures_and_encodings(shape: Odd) -> None:
    report = parse(shape.mail)
    assert report is not None
    read = [(one.final_recipient, one.status) for one in report.recipients]
    assert (read, report.recipients[0].action) == (
        list(zip(shape.addresses, shape.statuses, strict=True)),
        shape.action,
    )


@pytest.mark.parametrize("shape", ODD, ids=lambda shape: shape.name)
def test_it_reads_odd_structures_the_same_with_crlf(shape: Odd) -> None:
    read, again = parse(shape.mail), parse(re.sub(rb"(?<!\r)\n", b"\r\n", shape.mail))
    assert read is not None
    assert again is not None
    assert [one.final_recipient for one in again.recipients] == [one.final_recipient for one in read.recipients]
