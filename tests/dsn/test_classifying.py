"""What kind of mail came in: people's own mail is never taken for a receipt."""

from pathlib import Path

import pytest

from email_processor.inbound.classifying import Kind, classify
from email_processor.inbound.dsn import parse, parse_complaint, parse_read_report

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))

NOTICE = """\
This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<bob@example.com>: host mx.example.com said: 550 5.1.1 User unknown
"""


def mail(headers: str, body: str) -> bytes:
    return f"{headers}\nMIME-Version: 1.0\n\n{body}".encode()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_it_knows_real_reports(path: Path) -> None:
    assert classify(path.read_bytes()) is Kind.DELIVERY_REPORT


@pytest.mark.parametrize(
    "headers",
    [
        "From: Jo <jo@example.org>\nTo: us@example.net\nSubject: My mail to Bob came back",
        "From: Jo <jo@example.org>\nTo: us@example.net\nSubject: Fwd: Undelivered Mail Returned to Sender",
        "From: Jo <jo@example.org>\nTo: us@example.net\nSubject: Mail delivery failed: returning message to sender",
        "From: Jo <jo@example.org>\nTo: us@example.net\nSubject: Re: failure notice\nAuto-Submitted: no",
        "From: postmaster@example.org\nTo: us@example.net\nSubject: Re: failure notice",
        "From: postmaster@example.org\nTo: us@example.net\nSubject: delivery problem\nUser-Agent: Mozilla Thunderbird",
    ],
)
def test_it_leaves_a_person_who_quotes_a_report_alone(headers: str) -> None:
    assert classify(mail(headers, "Look what I got:\n\n" + NOTICE)) is Kind.REGULAR


def test_it_leaves_a_report_forwarded_with_words_alone() -> None:
    sample = SAMPLES[0].read_bytes()
    forwarded = (
        b"From: Jo <jo@example.org>\nSubject: help\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n"
        b"--q\nContent-Type: text/plain\n\nWhat does this mean?\n--q\nContent-Type: message/rfc822\n\n"
        + sample
        + b"\n--q--\n"
    )
    assert classify(forwarded) is Kind.REGULAR


def test_it_leaves_the_parts_of_a_report_that_a_mail_program_forwards_alone() -> None:
    body = (
        "--q\nContent-Type: text/plain\n\nSee below\n--q\nContent-Type: message/delivery-status\n\n"
        "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n--q--\n"
    )
    headers = "From: Jo <jo@example.org>\nSubject: Undelivered Mail\nX-Mailer: Apple Mail"
    headers += "\nContent-Type: multipart/mixed; boundary=q"
    assert classify(mail(headers, body)) is Kind.REGULAR


def test_it_reads_a_report_that_a_machine_passes_on_without_a_word() -> None:
    sample = SAMPLES[0].read_bytes()
    assert classify(b"From: bounces@example.org\nContent-Type: message/rfc822\n\n" + sample) is Kind.DELIVERY_REPORT


PARCEL = """\
Hello,

your parcel could not be delivered to the address you gave: the courier found nobody.

  bob@example.com: delivery failed

Tracking number 550 551 552
"""
QUOTA = """\
Dear user,

your mailbox is almost full. When the quota is exceeded, messages can not be delivered to you.

bob@example.com: 1.9 GB of 2 GB
"""
VACATION = """\
I am away, and my mail is not delivered to me. For urgent matters write to

ann@example.com

-----Original Message-----
From: Us <us@example.net>
To: bob@example.com
Subject: offer

Hello Bob
"""


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (
            "From: Shop <shop@example.org>\nSubject: Delivery status of your order\nAuto-Submitted: auto-generated",
            PARCEL,
        ),
        ("From: noreply@example.org\nSubject: Delivery failed", PARCEL),
        ("From: delivery@example.org\nSubject: Delivery failure", PARCEL),
        ("From: News <news@example.org>\nSubject: Undeliverable promises\nPrecedence: bulk", PARCEL),
        ("From: Postmaster <postmaster@example.com>\nTo: bob@example.com\nSubject: Your mailbox is almost full", QUOTA),
        ("Return-Path: <>\nFrom: postmaster@example.com\nTo: bob@example.com\nSubject: Mailbox warning", QUOTA),
        ("From: noreply@example.com\nTo: bob@example.com\nSubject: Quota warning", QUOTA),
    ],
)
def test_it_takes_no_notification_for_a_report(headers: str, body: str) -> None:
    assert classify(mail(headers, body)) is Kind.REGULAR


def test_it_takes_no_absence_for_a_failure() -> None:
    headers = "Return-Path: <>\nFrom: bob@example.com\nTo: us@example.net\nSubject: Away\nAuto-Submitted: auto-replied"
    assert classify(mail(headers, VACATION)) is Kind.AUTO_REPLY


READ_REPORT = b"""\
From: Bob <bob@example.com>
Subject: Read: offer
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary=q

--q
Content-Type: text/plain

Your mail was displayed.
--q
Content-Type: message/disposition-notification

Reporting-UA: mail.example; Reader 1.0
Original-Recipient: rfc822;bob+2Bsales@example.com
Final-Recipient: rfc822;bob@example.com
Original-Message-ID: <one@example.org>
Disposition: manual-action/MDN-sent-manually; displayed/error

--q--
"""


def test_it_knows_a_read_report() -> None:
    assert classify(READ_REPORT) is Kind.READ_REPORT


def test_it_takes_no_read_report_for_a_receipt() -> None:
    """RFC 8098 3: it comes from the null sender; and its fields may begin as those of a receipt."""
    raw = b"Return-Path: <>\n" + READ_REPORT.replace(b"Reporting-UA: mail.example; Reader 1.0\n", b"")
    assert classify(raw) is Kind.READ_REPORT


def test_it_knows_a_read_report_that_does_not_say_its_type() -> None:
    raw = READ_REPORT.replace(b"report-type=disposition-notification; ", b"").replace(b"Bob <bob@", b"Mail <system@")
    assert (
        classify(raw.replace(b"was displayed", b"to the recipient bob@example.com was displayed")) is Kind.READ_REPORT
    )


def test_it_reads_what_became_of_the_mail() -> None:
    report = parse_read_report(READ_REPORT)
    assert report is not None
    assert (report.disposition, report.automatic, report.modifiers) == ("displayed", False, ("error",))
    assert (report.original_message_id, report.original_recipient) == ("<one@example.org>", "bob+sales@example.com")


REFUSAL = b"""\
From: Mail Delivery Subsystem <postmaster@example.com>
Subject: Automatically rejected mail
Auto-Submitted: auto-replied (rejected)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary=q

--q
Content-Type: text/plain

Your message to <bob@example.com> was automatically rejected:
Quota exceeded (mailbox for user is full)
--q
Content-Type: message/disposition-notification

Reporting-UA: mx.example.com; Mail Delivery Agent
Final-Recipient: rfc822; bob@example.com
Original-Message-ID: <one@example.org>
Disposition: automatic-action/MDN-sent-automatically; deleted

--q--
"""


def test_it_takes_a_refusal_told_as_a_read_report_for_a_failure() -> None:
    report = parse(REFUSAL)
    assert report is not None
    assert (report.recipients[0].final_recipient, report.recipients[0].reason.word) == (
        "bob@example.com",
        "mailbox_full",
    )


def test_it_takes_a_mail_deleted_unread_for_no_failure() -> None:
    assert (
        classify(REFUSAL.replace(b"was automatically rejected:", b"was deleted without being read:"))
        is Kind.READ_REPORT
    )


COMPLAINT = b"""\
From: complaints@provider.example
Subject: FW: offer
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=q

--q
Content-Type: text/plain

This is an abuse report.
--q
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <bob@example.com>
Reporting-MTA: dns; mx.provider.example

--q
Content-Type: message/rfc822

From: us@example.net
To: bob@example.com
Message-ID: <one@example.org>

Hello
--q--
"""


def test_it_knows_a_complaint() -> None:
    assert classify(COMPLAINT) is Kind.COMPLAINT


def test_it_reads_who_complains_about_which_mail() -> None:
    complaint = parse_complaint(COMPLAINT)
    assert complaint is not None
    assert (complaint.feedback_type, complaint.recipients) == ("abuse", ("bob@example.com",))
    assert (complaint.original_message_id, complaint.reporting_mta) == ("<one@example.org>", "mx.provider.example")


@pytest.mark.parametrize(
    "headers",
    [
        "From: bob@example.com\nSubject: Re: offer\nAuto-Submitted: auto-replied",
        "From: bob@example.com\nSubject: Re: offer\nAuto-Submitted: auto-replied (vacation)",
        "From: bob@example.com\nSubject: Automatic reply: offer",
        "From: bob@example.com\nSubject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_offre?=",
        "From: bob@example.com\nSubject: Re: offer\nX-Autoreply: yes",
        "From: bob@example.com\nSubject: Re: offer\nPrecedence: auto_reply",
        "Return-Path: <>\nFrom: bob@example.com\nSubject: Out of office",
    ],
)
def test_it_knows_an_automatic_reply(headers: str) -> None:
    assert classify(mail(headers, "I am away.\n\nPlease write to\nann@example.com\n")) is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        "From: bob@example.com\nSubject: Out of office next week",
        "From: bob@example.com\nSubject: offer\nAuto-Submitted: no",
        "From: bob@example.com\nSubject: Re: offer\nIn-Reply-To: <one@example.org>",
    ],
)
def test_it_leaves_peoples_own_answers_alone(headers: str) -> None:
    assert classify(mail(headers, "I will not be there.\n")) is Kind.REGULAR
