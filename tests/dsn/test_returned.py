"""Where a notice ends and the mail that it returns begins: what that one says of people is no news about them."""

import pytest

from email_processor.inbound.dsn import parse

from .families import DAEMON

NOTICE = "Your message could not be delivered to:\n\n<bob@example.com>: 550 5.1.1 user unknown\n\n"
MAIL = """\
Dear Bob,

please tell the new user ann@example.com that her mailbox is full.

ann@example.com
550 5.2.2 mailbox full
"""
ADDRESSED = "From: Us <us@example.net>\nTo: bob@example.com\n"


@pytest.mark.parametrize(
    "above",
    [
        f"{ADDRESSED}Subject: x\n\n",
        f"Date: Sun, 22 Nov 2026 10:00:00 +0000\n{ADDRESSED}\n",
        f"Message-ID: <a@example.net>\n{ADDRESSED}\n",
        "-----Original Message-----\nFrom: Us\nSent: Sunday\nTo: Bob\nSubject: x\n\n",
        "----- Begin original message -----\nSubject: x\n\n",
        "----- Ursprüngliche Nachricht -----\nVon: us@example.net\nAn: bob@example.com\n\n",
        "----- Message d'origine -----\nDe : us@example.net\nÀ : bob@example.com\n\n",
        "----- Mensaje original -----\nDe: us@example.net\nPara: bob@example.com\n\n",
        "----- Messaggio originale -----\nDa: us@example.net\nA: bob@example.com\n\n",
        f"----- 元のメッセージ -----\n{ADDRESSED}\n",
        f"----- 原始邮件 -----\n{ADDRESSED}\n",
        f"The message you sent is attached:\n\n{ADDRESSED}\n",
        f"Your mail is returned below.\n\nSubject: x\n{ADDRESSED}\n",
        "Message content:\n\n",
        f"{'-' * 50}\nSubject: x\n{ADDRESSED}\n",
    ],
)
def test_it_reads_nothing_in_the_mail_that_is_returned(above: str) -> None:
    report = parse(f"{DAEMON}Subject: Undelivered mail\n\n{NOTICE}{above}{MAIL}".encode())
    assert report is not None
    assert [(one.final_recipient, one.reason.word) for one in report.recipients] == [
        ("bob@example.com", "user_unknown")
    ]


SEVERAL = "Received: by x\nFrom: us@example.net\nTo: bobby@example.com, jo@example.com\nCc: anna@example.org\n\nhi\n"


@pytest.mark.parametrize(
    ("notice", "addresses"),
    [
        ("550 bobby... User unknown", ["bobby@example.com"]),
        ("Users bobby and anna are unknown", ["bobby@example.com", "anna@example.org"]),
        ("The mailbox is full.", None),
    ],
)
def test_it_finds_those_whose_local_part_is_named(notice: str, addresses: list[str] | None) -> None:
    raw = f"{DAEMON}Subject: Returned mail\n\n{notice}\n\n----- Unsent message follows -----\n{SEVERAL}".encode()
    report = parse(raw)
    assert (report and [one.final_recipient for one in report.recipients]) == addresses


def test_it_takes_the_only_recipient_of_the_mail_where_nobody_is_named() -> None:
    returned = SEVERAL.replace(", jo@example.com", "").replace("Cc: anna@example.org\n", "")
    raw = f"{DAEMON}Subject: Returned mail\n\nThe mailbox is full.\n\n----- Unsent message follows -----\n{returned}".encode()
    report = parse(raw)
    assert report is not None
    assert [one.final_recipient for one in report.recipients] == ["bobby@example.com"]


def test_it_takes_the_one_for_whom_the_mail_was_received_where_nobody_is_named() -> None:
    returned = SEVERAL.replace(
        "Received: by x", "Received: from y by x for <jo@example.com>; Sun, 22 Nov 2026 10:00:00 +0000"
    )
    raw = f"{DAEMON}Subject: Returned mail\n\nThe mailbox is full.\n\n----- Unsent message follows -----\n{returned}".encode()
    report = parse(raw)
    assert report is not None
    assert [one.final_recipient for one in report.recipients] == ["jo@example.com"]


def test_it_reads_nothing_that_is_quoted() -> None:
    quoted = "".join(f"> {line}\n" for line in MAIL.split("\n"))
    report = parse(f"{DAEMON}Subject: Undelivered mail\n\n{NOTICE}{quoted}".encode())
    assert report is not None
    assert [one.final_recipient for one in report.recipients] == ["bob@example.com"]


def filtered(sender: str, inner: str) -> bytes:
    """A mail as SpamAssassin's report_safe leaves it: its text, and what came as a part."""
    return (
        f"From: {sender}\nSubject: Undelivered Mail\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n"
        "--q\nContent-Type: text/plain\n\nSpam detection software has identified this incoming email as possible spam.\n"
        "--q\nContent-Type: message/rfc822; x-spam-type=original\n\n"
        f"From: {inner}\nSubject: Undelivered Mail\n\n<bob@example.com>: 550 5.1.1 user unknown\n--q--\n"
    ).encode()


def test_it_reads_below_what_a_filter_hung_above_a_report() -> None:
    report = parse(filtered("MAILER-DAEMON@mx.example.org", "MAILER-DAEMON@mx.example.org"))
    assert report is not None
    assert [one.final_recipient for one in report.recipients] == ["bob@example.com"]


def test_it_reads_nothing_that_a_person_marked_as_a_filter_does() -> None:
    assert parse(filtered("Jo <jo@example.org>", "MAILER-DAEMON@mx.example.org")) is None
