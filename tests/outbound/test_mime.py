import base64
import random
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from email_processor.models import Recipient
from email_processor.outbound import mime
from email_processor.outbound.filling import Template
from email_processor.outbound.submission import AttachedFile, Destination, Mailbox
from epm.models import Zone
from tests.outbound.submissions import make_submission

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ID = uuid4()


def raw(*addresses: str, **fields: Any) -> bytes:
    submission = make_submission(Zone(), *addresses, **fields)
    return mime.build(submission, ID, f"<{ID}@epm.localhost>", mime.frame(submission, NOW))


def built(*addresses: str, **fields: Any) -> EmailMessage:
    """The mail as a reader sees it."""
    message = message_from_bytes(raw(*addresses, **fields), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    content: str = body.get_content()
    return content.replace("\r\n", "\n")


def test_it_writes_who_when_and_what() -> None:
    message = built("ann@example.net")
    assert message["From"] == "The Shop <shop@example.com>"
    assert message["To"] == "ann@example.net"
    assert message["Subject"] == "Your order"
    assert parsedate_to_datetime(message["Date"]) == NOW


def test_it_names_our_message_twice() -> None:
    message = built()
    assert message["Message-ID"] == f"<{ID}@epm.localhost>"
    assert message["X-EPM-Message-Id"] == str(ID)


def test_it_never_shows_bcc() -> None:
    hidden = Destination(Mailbox("boss@example.net"), Recipient.Kind.BCC)
    content = raw(destinations=(Destination(Mailbox("ann@example.net")), hidden))
    assert b"boss" not in content


def test_it_says_undisclosed_where_only_bcc_is_left() -> None:
    assert built(destinations=(Destination(Mailbox("b@example.net"), Recipient.Kind.BCC),))["To"] == (
        "undisclosed-recipients:;"
    )


def test_plain_ascii_stays_as_it_is() -> None:
    assert raw(text="One\nTwo\n").endswith(b"7bit\r\n\r\nOne\r\nTwo\r\n")


@pytest.mark.parametrize("text", ["Grüße aus Köln, " * 40 + "\n", "日本語のメール\n" * 50, "x" * 2000 + "\n", "a\0b\n"])
def test_every_text_arrives_as_it_was(text: str) -> None:
    assert text_of(built(text=text)) == text


@settings(max_examples=40, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=300))
def test_any_text_arrives_as_it_was(text: str) -> None:
    assert text_of(built(text=text + "\n")) == text + "\n"


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=2500),
    subject=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=1500),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400),
)
def test_whatever_is_written_is_ascii_in_lines_of_998(text: str, subject: str, name: str) -> None:
    content = raw(text=text, subject=subject, sender=Mailbox("shop@example.com", name))
    assert content.isascii()
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 998


@settings(max_examples=40, deadline=None)
@given(subject=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]) | st.just(" "), max_size=300))
def test_any_subject_arrives_as_it_was(subject: str) -> None:
    assert (built(subject=subject)["Subject"] or "").split() == subject.split()


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "Ann B. Cook",
        'Ann "the" Cook',
        "Cook, Ann",
        "Ännchen von Tharau",
        "<x@evil.example>",
        "Ann\\",
        "山田 太郎" * 30,
    ],
)
def test_a_display_name_never_changes_the_address(name: str) -> None:
    addresses = built(sender=Mailbox("shop@example.com", name))["From"].addresses
    assert [(a.addr_spec, "".join(a.display_name.split())) for a in addresses] == [
        ("shop@example.com", "".join(name.split()))
    ]


def test_a_thousand_addresses_fold_into_short_lines() -> None:
    addresses = [f"customer.{n}@example.net" for n in range(1000)]
    assert [a.addr_spec for a in built(*addresses)["To"].addresses] == addresses
    assert max(map(len, raw(*addresses).split(b"\r\n"))) <= 100


def test_text_and_html_are_alternatives() -> None:
    message = built(text="Hello\n", html="<p>Hello</p>\n")
    assert message.get_content_type() == "multipart/alternative"
    assert text_of(message, "html").strip() == "<p>Hello</p>"


def test_html_alone_is_one_part() -> None:
    assert built(text="", html="<p>x</p>").get_content_type() == "text/html"


@pytest.mark.parametrize("name", ["a.pdf", "Rechnung März 2026.pdf", 'quo"te.txt', "長い" * 60 + ".txt"])
def test_attachments_keep_name_and_bytes(name: str) -> None:
    octets = bytes(range(256)) * 9
    (part,) = built(attachments=(AttachedFile(name, "application/pdf", octets),)).iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (name, "application/pdf", octets)


def test_a_mail_inside_a_mail_is_not_base64() -> None:
    inner = b"Subject: inner\r\n\r\nHello\r\n"
    assert b"\r\n\r\n" + inner in raw(attachments=(AttachedFile("a.eml", "message/rfc822", inner),))


def test_one_click_unsubscribe() -> None:
    message = built(options={"unsubscribe": "https://example.com/u/1"})
    assert message["List-Unsubscribe"] == "<https://example.com/u/1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_reply_to() -> None:
    assert built(options={"reply_to": (Mailbox("help@example.com", "Help"),)})["Reply-To"] == "Help <help@example.com>"


def test_caller_headers_are_kept_and_folded() -> None:
    references = " ".join(f"<{n}.0123456789@example.com>" for n in range(20))
    assert built(headers=(("References", references),))["References"] == references


def test_a_header_word_too_long_for_a_line_is_an_error() -> None:
    with pytest.raises(ValueError, match="X-Long"):
        raw(headers=(("X-Long", "x" * 999),))


def test_domains_are_written_in_ascii() -> None:
    assert b"To: ann@xn--bcher-kva.example\r\n" in raw("ann@bücher.example")


def test_a_local_part_outside_ascii_stands_as_utf8() -> None:
    assert "To: dömi@example.net\r\n".encode() in raw("dömi@example.net")


LOGO = AttachedFile("logo.png", "image/png", b"\x89PNG", content_id="logo")
PRICES = AttachedFile("prices.csv", "text/csv", b"a;b\r\n")


def shape(part: EmailMessage) -> Any:
    """The tree of media types."""
    below = [shape(below) for below in part.iter_parts() if isinstance(below, EmailMessage)]
    return [part.get_content_subtype(), *below] if below else part.get_content_subtype()


def test_an_image_stands_beside_the_html_that_shows_it() -> None:
    message = built(text="Hello", html="<img src='cid:logo'>", attachments=(PRICES, LOGO))
    assert shape(message) == ["mixed", ["alternative", "plain", ["related", "html", "png"]], "csv"]
    [image] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert (image["Content-ID"], image.get_content_disposition(), image.get_filename()) == (
        "<logo>",
        "inline",
        "logo.png",
    )
    assert image.get_content() == b"\x89PNG"


def test_html_with_an_image_alone_is_nothing_more() -> None:
    message = built(text="", html="<img src='cid:logo'>", attachments=(LOGO,))
    assert shape(message) == ["related", "html", "png"]
    assert message.get_param("type") == "text/html"


@pytest.mark.parametrize("octets", [0, 1, 56, 57, 58, 57 * 32_768 - 1, 57 * 32_768, 57 * 32_768 + 1, 4_000_000])
def test_base64_is_that_of_the_standard_library(octets: int) -> None:
    content = random.Random(octets).randbytes(octets)
    assert mime._base64(content) == base64.encodebytes(content).replace(b"\n", b"\r\n")


# --- mail merges


TEXTS = st.text("ab \r\n.=", max_size=30) | st.text("ab\tdömi\0\x85", max_size=30)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4), TEXTS)
@settings(deadline=None)
def test_a_filled_text_is_written_as_if_it_had_no_template(parts: list[tuple[str, str]], end: str) -> None:
    template = Template([*(piece for piece, _ in parts), end], ["name"] * len(parts))
    filled = template.filled([value for _, value in parts])
    assert filled == "".join(piece + value for piece, value in parts) + end
    assert raw(text=filled) == raw(text=str(filled))


@pytest.mark.parametrize("length", [997, 998, 999, 2000])
def test_a_value_that_makes_a_line_too_long_is_folded(length: int) -> None:
    template = Template(["Dear ", "!"], ["name"])
    filled = template.filled(["x" * (length - 6)])
    assert max(map(len, raw(text=filled).split(b"\r\n"))) <= 998
    assert text_of(built(text=filled)) == f"{filled}\n"
