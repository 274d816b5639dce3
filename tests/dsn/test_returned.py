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


def test_it_reads_nothing_that_is_quoted() -> None:
    quoted = "".join(f"> {line}\n" for line in MAIL.split("\n"))
    report = parse(f"{DAEMON}Subject: Undelivered mail\n\n{NOTICE}{quoted}".encode())
    assert report is not None
    assert [one.final_recipient for one in report.recipients] == ["bob@example.com"]
