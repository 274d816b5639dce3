from typing import Any

import pytest

from email_processor.browser.arrived import message_event
from email_processor.inbound.dsn.limits import PART_BYTES
from email_processor.models import InboundMessage
from tests.browser.tools import MAIL, arrived

pytestmark = pytest.mark.django_db

RICH = """\
From: =?utf-8?q?J=C3=BCrgen?= <juergen@example.net>
To: hello@example.com, "Desk, The" <desk@example.com>
Cc: boss@example.net
Subject: =?utf-8?b?R3LDvMOfZQ==?=
In-Reply-To: <sent@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--c
Content-Type: text/html

<p>Hello</p>
--c--
--b
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf

aGVsbG8=
--b
Content-Type: text/plain
Content-Disposition: attachment; filename="notes.txt"

Some notes
--b--
"""


def event(text: str, **fields: Any) -> dict[str, Any]:
    return message_event(arrived(text, **fields))


def test_it_shows_who_wrote_to_whom() -> None:
    shown = event(RICH)
    assert shown["from"] == '"Jürgen" <juergen@example.net>'
    assert shown["to"] == ["hello@example.com", '"Desk, The" <desk@example.com>']
    assert (shown["cc"], shown["rcpt_to"]) == (["boss@example.net"], "hello@example.com")


def test_it_shows_what_was_written() -> None:
    shown = event(RICH)
    assert (shown["subject"], shown["text"].strip(), shown["html"].strip()) == ("Grüße", "Grüße", "<p>Hello</p>")
    assert (shown["in_reply_to"], shown["cut"]) == ("<sent@example.com>", False)


def test_it_names_the_attachments() -> None:
    assert event(RICH)["attachments"] == [
        {"name": "résumé.pdf", "type": "application/pdf", "size": 5},
        {"name": "notes.txt", "type": "text/plain", "size": 10},
    ]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="a b.txt"', "a b.txt"),
        ('filename="=?utf-8?q?gr=C3=BC=C3=9Fe.txt?="', "grüße.txt"),
        ("filename*=iso-8859-1'de'gr%FC%DFe.txt", "grüße.txt"),
        ("filename*0*=utf-8''gr%C3%BC; filename*1=sse; filename*2*=%2Etxt", "grüsse.txt"),
        ("filename*=nope''%e4.txt", "ä.txt"),
    ],
)
def test_it_reads_file_names_as_they_are_written(disposition: str, name: str) -> None:
    text = f"Content-Type: application/pdf\nContent-Disposition: attachment; {disposition}\n\nx"
    assert event(text)["attachments"][0]["name"] == name


def test_it_shows_all_headers_in_order() -> None:
    assert event(MAIL)["headers"][:2] == [["From", '"Doe, Jane" <jane@example.net>'], ["To", "hello@example.com"]]


def test_it_says_that_a_text_is_cut() -> None:
    assert event(MAIL + "x" * PART_BYTES)["cut"] is True


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: normal"])
def test_a_persons_mail_is_not_automatic(header: str) -> None:
    assert event(MAIL.replace("Subject", f"{header}\nSubject"))["automatic"] is False


def test_a_mail_classified_as_an_automatic_reply_is_automatic() -> None:
    assert event(MAIL, kind=InboundMessage.Kind.AUTO_REPLY)["automatic"] is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0\0\0",
        "From: " + "(" * 5000,
        "From: =?nope?b?####?=\nSubject: =?utf-8?q?=FF?=\n\nx",
        "Content-Type: multipart/mixed; boundary=x\n\n" + "--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 2000,
        "Content-Type: text/plain; charset=nope\nContent-Transfer-Encoding: base64\n\n#",
        "Content-Type: text/plain; name*0*=a; name*1=b\nContent-Disposition: attachment; filename*=\n\nx",
        "Content-Disposition: attachment; filename*9999*=x; filename*=nope''%ff\n\nx",
    ],
)
def test_it_shows_any_mail(text: str) -> None:
    assert event(text)["attachments"] is not None
