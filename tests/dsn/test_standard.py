"""Reports with a standard status part, from real servers and from the RFCs."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from email_processor.inbound.dsn import Action, parse
from email_processor.inbound.dsn.report import Report, ReportedRecipient

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))


def sample(name: str) -> Report:
    report = parse((Path(__file__).parent / "samples" / f"{name}.eml").read_bytes())
    assert report is not None
    return report


def only(report: Report) -> ReportedRecipient:
    (recipient,) = report.recipients
    return recipient


def built(status_part: str, kind: str = "message/delivery-status", encoding: str = "8bit", eol: str = "\n") -> bytes:
    text = f"""\
From: MAILER-DAEMON@mx.example
To: sender@example.org
Subject: Delivery report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

It did not work.

--b1
Content-Type: {kind}
Content-Transfer-Encoding: {encoding}

{status_part}
--b1
Content-Type: text/rfc822-headers

Message-ID: <one@example.org>
Subject: first

--b1--
"""
    return text.replace("\n", eol).encode()


BLOCK = "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n"


def parsed(status_part: str, **options: str) -> Report:
    report = parse(built(status_part, **options))
    assert report is not None
    return report


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_it_reads_the_action_each_real_server_reports(path: Path) -> None:
    actions = {recipient.action.value for recipient in sample(path.stem).recipients}
    assert actions == set(path.stem.removesuffix("-utf8").split("-")[2:])


def test_it_finds_exims_real_code_in_the_diagnostic() -> None:
    recipient = only(sample("exim-01-failed"))
    assert (recipient.reported_status, recipient.status) == ("5.0.0", "5.1.1")
    assert recipient.reason.word == "user_unknown"


def test_it_keeps_relayed_apart_from_delivered() -> None:
    first, second = sample("postfix-05-delivered-relayed").recipients
    assert (first.action, second.action) == (Action.DELIVERED, Action.RELAYED)


def test_it_gives_the_envelope_id_and_the_message_id() -> None:
    report = sample("postfix-05-delivered-relayed")
    assert (report.original_envelope_id, report.original_message_id) == ("smtplib-3", "<mixed@test.local>")


def test_it_reads_an_internationalized_report() -> None:
    recipient = only(sample("postfix-12-failed-utf8"))
    assert (recipient.final_recipient, recipient.status) == ("bøb@test.local", "5.1.1")


def test_it_reads_until_when_a_delayed_mail_is_tried() -> None:
    recipient = only(sample("postfix-08-delayed"))
    assert recipient.will_retry_until == datetime(2026, 11, 27, 10, 5, 55, tzinfo=UTC)
    assert recipient.reason.permanent is False


def test_it_reads_every_message_field() -> None:
    report = parsed(
        "Original-Envelope-Id: id 1\nReporting-MTA: dns; mx.example\nDSN-Gateway: dns; gate.example\n"
        "Received-From-MTA: dns; from.example\nArrival-Date: Sun, 22 Nov 2026 11:05:55 +0100\nX-Own: mine\n\n" + BLOCK
    )
    assert report.original_envelope_id == "id 1"
    assert (report.reporting_mta, report.dsn_gateway) == ("mx.example", "gate.example")
    assert report.received_from_mta == "from.example"
    assert report.arrival_date == datetime(2026, 11, 22, 10, 5, 55, tzinfo=UTC)
    assert report.fields[-1] == ("X-Own", "mine")


def test_it_reads_every_recipient_field() -> None:
    recipient = only(
        parsed(
            "Reporting-MTA: dns; mx.example\n\nOriginal-Recipient: rfc822; o@example.com\n"
            "Final-Recipient: rfc822; f@example.com\nAction: delayed\nStatus: 4.4.1 (no answer)\n"
            "Remote-MTA: dns; far.example\nDiagnostic-Code: smtp; 421 too\n busy\n"
            "Last-Attempt-Date: Sun, 22 Nov 2026 10:05:55 +0000\nFinal-Log-ID: log7\n"
            "Will-Retry-Until: Mon, 23 Nov 2026 10:05:55 +0000\nX-Own: mine\n"
        )
    )
    assert (recipient.original_recipient, recipient.final_recipient) == ("o@example.com", "f@example.com")
    assert (recipient.status, recipient.reported_status) == ("4.4.1", "4.4.1 (no answer)")
    assert (recipient.diagnostic_type, recipient.diagnostic_code) == ("smtp", "421 too busy")
    assert (recipient.remote_mta, recipient.final_log_id) == ("far.example", "log7")
    assert recipient.last_attempt_date == datetime(2026, 11, 22, 10, 5, 55, tzinfo=UTC)
    assert recipient.fields[-1] == ("X-Own", "mine")


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("rfc822; a+2Bb@example.com", "a+b@example.com"),
        ("rfc822; a+AB@example.com", "a+AB@example.com"),
        ("rfc822;a+tag@example.com", "a+tag@example.com"),
        ("utf-8; b\\x{F8}b@example.com", "bøb@example.com"),
        ("utf-8; b\\x{D800}b@example.com", "b\\x{D800}b@example.com"),
        ("rfc822; <a@example.com>", "a@example.com"),
        ("a@example.com", "a@example.com"),
        ("rfc822; a@example.com (Ann)", "a@example.com"),
        ("rfc822; a@example.com Final-Recip", "a@example.com"),
    ],
)
def test_it_decodes_addresses_and_keeps_the_literal(written: str, address: str) -> None:
    recipient = only(parsed(f"Final-Recipient: {written}\nAction: failed\nStatus: 5.1.1\n"))
    assert recipient.final_recipient == address
    assert recipient.fields[0] == ("Final-Recipient", written)


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
def test_it_splits_blocks_whatever_the_line_ends(eol: str, kind: str) -> None:
    report = parsed(f"Reporting-MTA: dns; mx\n\n{BLOCK}\n{BLOCK.replace('a@', 'b@')}", kind=kind, eol=eol)
    assert [recipient.final_recipient for recipient in report.recipients] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    ("part", "encoding"),
    [
        ("RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFAZXhhbXBsZS5jb20KQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=", "base64"),
        ("Final-Recipient: rfc822; a=40example.c=\nom\nAction: failed\nStatus: 5.1.1\n", "quoted-printable"),
    ],
)
def test_it_undoes_transfer_encodings(part: str, encoding: str) -> None:
    assert only(parsed(part, encoding=encoding)).final_recipient == "a@example.com"


def test_it_parts_recipients_without_a_blank_line_between_them() -> None:
    report = parsed("Reporting-MTA: dns; mx\n" + BLOCK + BLOCK.replace("a@", "b@"))
    assert [recipient.final_recipient for recipient in report.recipients] == ["a@example.com", "b@example.com"]


def test_it_joins_a_block_torn_by_blank_lines() -> None:
    recipient = only(parsed("Reporting-MTA: dns; mx\n\n" + BLOCK.replace("\n", "\n\n")))
    assert (recipient.final_recipient, recipient.action, recipient.status) == ("a@example.com", Action.FAILED, "5.1.1")


def test_it_puts_together_a_status_part_for_each_recipient() -> None:
    second = "\n--b1\nContent-Type: message/delivery-status\n\n" + BLOCK.replace("a@", "b@")
    report = parsed("Reporting-MTA: dns; mx\n\n" + BLOCK + second)
    assert [recipient.final_recipient for recipient in report.recipients] == ["a@example.com", "b@example.com"]
    assert report.reporting_mta == "mx"


def test_it_guesses_the_recipient_of_an_empty_status_part_by_the_returned_mail() -> None:
    raw = built("Reporting-MTA: dns; mx\nArrival-Date: Sun, 22 Nov 2026 10:05:55 +0000\n")
    report = parse(raw.replace(b"Subject: first", b"To: bob@example.com"))
    assert report is not None
    assert (only(report).final_recipient, report.reporting_mta, report.reader) == ("bob@example.com", "mx", "returned")


def test_it_survives_a_boundary_that_is_not_the_declared_one() -> None:
    raw = built("Reporting-MTA: dns; mx\n\n" + BLOCK).replace(b'boundary="b1"', b'boundary="other"')
    report = parse(raw)
    assert report is not None
    assert only(report).final_recipient == "a@example.com"


def test_it_reads_the_outer_report_and_not_the_one_it_returns() -> None:
    inner = built("Reporting-MTA: dns; inner\n\n" + BLOCK.replace("a@", "inner@")).replace(b"b1", b"b2")
    outer = built("Reporting-MTA: dns; outer\n\n" + BLOCK).replace(
        b"text/rfc822-headers\n\nMessage-ID: <one@example.org>\nSubject: first\n", b"message/rfc822\n\n" + inner
    )
    report = parse(outer)
    assert report is not None
    assert (report.reporting_mta, only(report).final_recipient) == ("outer", "a@example.com")


def test_it_takes_no_receipt_from_a_report_that_a_person_forwards() -> None:
    forwarded = (
        b"From: Jo <jo@example.org>\nSubject: Fwd: what is this?\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\n\nCan you help?\n"
        b"--q\nContent-Type: message/rfc822\n\n" + built(BLOCK) + b"\n--q--\n"
    )
    assert parse(forwarded) is None


def test_it_says_when_there_are_more_recipients_than_it_reads() -> None:
    report = parsed("\n".join(BLOCK.replace("a@", f"r{number}@") for number in range(1_200)))
    assert (len(report.recipients), report.truncated) == (1_000, True)


def test_it_reads_without_django() -> None:
    code = "import email_processor.inbound.dsn, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
