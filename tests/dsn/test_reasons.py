"""Why mail is not delivered: the table of reasons and what it makes of servers' answers."""

from collections import Counter

import pytest

from email_processor.inbound.dsn.reasons import TABLE, explain
from email_processor.inbound.dsn.report import Action, Fault


@pytest.mark.parametrize(
    ("status", "answer", "word"),
    [
        ("5.1.1", "550 5.1.1 <a@example.com>: Recipient address rejected: User unknown", "user_unknown"),
        ("5.0.0", "550 No such user here", "user_unknown"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "user_unknown"),
        ("5.1.2", "", "host_unknown"),
        (
            "5.4.4",
            "Host or domain name not found. Name service error for name=example.com type=A: Host not found",
            "host_unknown",
        ),
        ("5.2.2", "552 5.2.2 The email account that you tried to reach is over quota", "mailbox_full"),
        ("4.2.2", "452 4.2.2 Mailbox full", "mailbox_full"),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", "suspended"),
        ("5.1.6", "551 5.1.6 User has moved", "moved"),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", "too_big"),
        ("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example.org", "blocked"),
        ("5.7.1", "550 5.7.1 Message rejected due to spam content", "spam"),
        ("5.7.1", "550 5.7.1 Relaying denied", "relaying_denied"),
        (
            "5.7.26",
            "550 5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy",
            "authentication",
        ),
        ("5.7.25", "550 5.7.25 The IP address sending this message does not have a PTR record setup", "require_ptr"),
        ("4.7.28", "421 4.7.28 Our system has detected an unusual rate of unsolicited mail", "rate_limited"),
        ("4.7.0", "421 4.7.0 Too many connections from your IP", "too_many_conn"),
        ("5.7.1", "550 5.7.1 Virus found in the message", "virus"),
        ("5.1.8", "553 5.1.8 Domain of sender address a@example.org does not exist", "rejected"),
        ("5.4.6", "554 5.4.6 Too many hops", "network"),
        ("4.4.1", "connect to mx.example.com[192.0.2.1]:25: Connection timed out", "expired"),
        ("4.4.7", "", "expired"),
        ("5.7.10", "530 5.7.10 Must issue a STARTTLS command first", "failed_starttls"),
        ("5.5.1", "503 5.5.1 Bad sequence of commands", "protocol"),
        ("5.3.0", "", "system"),
        ("", "552 something", "mailbox_full"),
        ("5.0.0", "", "undefined"),
    ],
)
def test_it_knows_why(status: str, answer: str, word: str) -> None:
    assert explain(status, answer).word == word


def test_it_says_which_rule_matched() -> None:
    assert explain("5.0.0", "550 No such user here").rule == 'text "no such user"'
    assert explain("5.1.2", "").rule == "status 5.1.2 (Bad destination system address)"
    assert explain("", "552 hm").rule == "reply 552"


def test_it_takes_no_reason_from_the_address() -> None:
    assert explain("5.0.0", "550 <spam-quota-full@virus.example> no such user").word == "user_unknown"


def test_it_never_calls_a_4xx_permanent() -> None:
    assert explain("5.1.1", "").permanent
    assert not explain("4.1.1", "").permanent
    assert not explain("5.1.1", "", Action.DELAYED).permanent


@pytest.mark.parametrize("answer", ["", "452 4.2.2 Mailbox full", "connection timed out", "550 spam"])
def test_it_says_of_a_delay_that_the_mail_is_still_being_tried(answer: str) -> None:
    assert "still being tried" in explain("4.0.0", answer, Action.DELAYED).explanation
    assert "still being tried" not in explain("4.0.0", answer).explanation


@pytest.mark.parametrize("action", [Action.DELIVERED, Action.RELAYED, Action.EXPANDED])
def test_it_finds_no_fault_in_success(action: Action) -> None:
    assert explain("2.0.0", "250 user unknown to none", action).fault is Fault.NOBODY


def test_it_knows_every_code_of_the_iana_registry() -> None:
    registered = {
        *(f"1.{n}" for n in range(11)),
        *(f"2.{n}" for n in range(5)),
        *(f"3.{n}" for n in range(7)),
        *(f"4.{n}" for n in range(8)),
        *(f"5.{n}" for n in range(7)),
        *(f"6.{n}" for n in range(11)),
        *(f"7.{n}" for n in range(31)),
    }
    assert registered <= set(TABLE.codes)


def test_it_has_each_phrase_once() -> None:
    """The first one wins: a second would only mislead those who read the table."""
    phrases = Counter(phrase.text for found in TABLE.phrases.values() for phrase in found)
    assert [text for text, count in phrases.items() if count > 1] == []


def test_it_explains_every_class_in_one_sentence() -> None:
    assert all(
        reason.explanation.endswith(".") and reason.explanation.count(".") == 1 for reason in TABLE.classes.values()
    )
