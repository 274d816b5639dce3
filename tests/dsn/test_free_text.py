"""Reports without a status part, as families of mail systems write them; the mails are made up for these tests."""

import html

import pytest

from email_processor.inbound.classifying import Kind, classify
from email_processor.inbound.dsn import Report, parse

from .families import Case
from .family_classics import CLASSICS
from .family_further import FURTHER
from .family_gateways import GATEWAYS
from .family_languages import LANGUAGES
from .family_prose import PROSE
from .family_providers import PROVIDERS
from .family_servers import SERVERS
from .family_short import SHORT

CASES = (*CLASSICS, *SERVERS, *PROVIDERS, *PROSE, *LANGUAGES, *GATEWAYS, *SHORT, *FURTHER)


PLAIN = tuple(case for case in CASES if "content-type" not in case.mail.lower().decode())


def named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_reads_who_is_meant_and_why(case: Case) -> None:
    report = parse(case.mail)
    assert report is not None
    assert tuple(one.final_recipient for one in report.recipients) == case.addresses
    first = report.recipients[0]
    assert (first.action, first.status, first.reason.word) == (case.action, case.status, case.reason)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_reads_the_same_with_crlf(case: Case) -> None:
    raw = case.mail
    assert parse(raw.replace(b"\n", b"\r\n")) == parse(raw)


def outcome(report: Report | None) -> list[tuple[str, str]]:
    return [(one.final_recipient, one.action) for one in report.recipients] if report else []


def in_html(case: Case, text: str) -> bytes:
    head = case.mail.decode().partition("\n\n")[0]
    return f"{head}\nContent-Type: text/html; charset=utf-8\n\n<html><body>{text}</body></html>\n".encode()


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_it_keeps_the_lines_of_preformatted_html(case: Case) -> None:
    text = html.escape(case.mail.decode().partition("\n\n")[2])
    assert outcome(parse(in_html(case, f"<pre>{text}</pre>"))) == outcome(parse(case.mail))


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_it_takes_each_div_of_html_for_a_line(case: Case) -> None:
    lines = html.escape(case.mail.decode().partition("\n\n")[2]).split("\n")
    divs = "\n".join(f"<div>{line or '<br>'}</div>" for line in lines)
    assert outcome(parse(in_html(case, divs))) == outcome(parse(case.mail))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_knows_the_kind(case: Case) -> None:
    assert classify(case.mail) is Kind.DELIVERY_REPORT


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_takes_no_receipt_from_the_same_text_in_a_persons_mail(case: Case) -> None:
    forwarded = f"From: Jo <jo@example.org>\nTo: us@example.net\nSubject: What is this?\n\n{case.text}".encode()
    assert parse(forwarded) is None


def test_it_finds_the_returned_mails_message_id_below_the_notice() -> None:
    report = parse(named("imail").mail)
    assert report is not None
    assert report.original_message_id == "<offer-1@example.net>"


def test_it_keeps_the_address_that_was_expanded() -> None:
    report = parse(named("postfix, without its status part").mail)
    assert report is not None
    assert report.recipients[0].original_recipient == "info@example.com"


SES = """\
From: Bounces <no-reply@sns.example.com>
Subject: Notification

{"Type": "Notification", "Message": "{\\"notificationType\\":\\"Bounce\\",\\"bounce\\":{\\"bounceType\\":\\"Permanent\\",\
\\"bouncedRecipients\\":[{\\"emailAddress\\":\\"bob@example.com\\",\\"action\\":\\"failed\\",\\"status\\":\\"5.1.1\\",\
\\"diagnosticCode\\":\\"smtp; 550 5.1.1 user unknown\\"}],\\"reportingMTA\\":\\"dns; a1.example.com\\"},\\"mail\\":\
{\\"headers\\":[{\\"name\\":\\"Message-ID\\",\\"value\\":\\"<offer-1@example.net>\\"}]}}"}
"""


def test_it_reads_amazons_notification() -> None:
    report = parse(SES.encode())
    assert report is not None
    assert (report.reporting_mta, report.original_message_id) == ("a1.example.com", "<offer-1@example.net>")
    assert (report.recipients[0].final_recipient, report.recipients[0].status) == ("bob@example.com", "5.1.1")
