from typing import Any

import pytest
from django.db import connection as database
from pytest_django import DjangoAssertNumQueries

from email_processor.models import Content
from email_processor.outbound.acceptance import accept, accept_many
from email_processor.outbound.dkim import relaxed_body
from email_processor.outbound.submission import AttachedFile, Mailbox
from epm import dkim_keys
from epm.choices import KeyState, SigningAlgorithm
from epm.models import DkimKey, EmailConnection, SenderDomain, Zone
from tests.outbound.dkim_verifier import verify
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


def make_key(
    zone: Zone, domain: str = "example.com", algorithm: SigningAlgorithm = SigningAlgorithm.ED25519
) -> DkimKey:
    """An active key."""
    sender_domain, _ = SenderDomain.objects.get_or_create(zone=zone, domain=domain)
    key = dkim_keys.make(sender_domain, algorithm)
    dkim_keys.activate(key)
    return key


def mail_of(zone: Zone, **fields: Any) -> bytes:
    """The bytes of a mail as they are stored."""
    accepted = accept(make_submission(zone, **fields))
    return bytes(Content.objects.get(message=accepted.message).mime)


def holds(mail: bytes, key: DkimKey) -> list[bool]:
    return [is_good for _, is_good in verify(mail, dkim_keys.record(key).value)]


@pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"text": ""},
        {"text": "two  spaces\tand a tab \nat the end  \n\n\n"},
        {"text": "käthe\n", "subject": "Grüße an alle, und noch viel mehr Text, damit das Feld gefaltet wird, ja doch"},
        {"html": "<p>Hello</p>", "attachments": (AttachedFile("a.bin", "application/octet-stream", bytes(500)),)},
        {"options": {"unsubscribe": "https://example.com/u", "reply_to": (Mailbox("reply@example.com"),)}},
        {"headers": (("X-Campaign", "spring"), ("References", "<a@example.com>\t <b@example.com>"))},
    ],
)
def test_its_signature_holds(
    zone: Zone, connection: EmailConnection, algorithm: SigningAlgorithm, fields: dict[str, Any]
) -> None:
    key = make_key(zone, algorithm=algorithm)
    assert holds(mail_of(zone, **fields), key) == [True]


def test_it_signs_with_both_kinds_of_key(zone: Zone, connection: EmailConnection) -> None:
    keys = [make_key(zone, algorithm=SigningAlgorithm.RSA), make_key(zone)]
    first, _, rest = mail_of(zone).partition(b"\r\nDKIM-Signature:")
    mails = [first + rest[rest.index(b"\r\nFrom:") :], b"DKIM-Signature:" + rest]
    assert [holds(mail, key) for mail, key in zip(mails, keys, strict=True)] == [[True], [True]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"It is on its way", b"It is on my way"),
        (b"Subject: Your order", b"Subject: My order"),
        (b"From: ", b"From: evil@example.net\r\nFrom: "),
        (b"\r\nMIME-Version", b"\r\nReply-To: evil@example.net\r\nMIME-Version"),
        (b"\r\nMIME-Version", b"\r\nSubject: evil\r\nMIME-Version"),
        (b"example.com/u>", b"example.net/u>"),
        (b"One-Click", b"No-Click"),
    ],
)
def test_a_change_on_the_way_breaks_it(zone: Zone, connection: EmailConnection, old: bytes, new: bytes) -> None:
    key = make_key(zone)
    mail = mail_of(zone, options={"unsubscribe": "https://example.com/u"})
    assert old in mail
    assert holds(mail.replace(old, new, 1), key) == [False]


def test_white_space_may_change_on_the_way(zone: Zone, connection: EmailConnection) -> None:
    key = make_key(zone)
    mail = mail_of(zone, text="one two\n")
    folded = mail.replace(b"Subject: Your order", b"subject:  Your\r\n\torder ").replace(b"one two", b"one \t two  ")
    assert holds(folded + b"\r\n\r\n", key) == [True]


def test_the_signature_names_domain_selector_and_time(zone: Zone, connection: EmailConnection) -> None:
    key = make_key(zone)
    accepted = accept(make_submission(zone))
    [(tags, _)] = verify(bytes(Content.objects.get().mime), dkim_keys.record(key).value)
    assert (tags["v"], tags["c"], tags["d"], tags["s"]) == ("1", "relaxed/relaxed", "example.com", key.selector)
    assert tags["t"] == str(int(accepted.message.accepted_at.timestamp()))
    assert tags["h"].startswith("from:from:to:to:cc:subject:subject:date:date:reply-to:message-id:")


def test_no_line_of_it_is_long(zone: Zone, connection: EmailConnection) -> None:
    make_key(zone, algorithm=SigningAlgorithm.RSA)
    mail = mail_of(zone, options={"unsubscribe": "https://example.com/u"})
    signature = mail[: mail.index(b"\r\nFrom:")]
    assert max(map(len, signature.split(b"\r\n"))) <= 78


def test_the_size_counts_the_signature(zone: Zone, connection: EmailConnection) -> None:
    make_key(zone)
    accepted = accept(make_submission(zone))
    assert accepted.message.size == len(bytes(Content.objects.get().mime))


def test_without_an_active_key_nothing_is_signed(zone: Zone, connection: EmailConnection) -> None:
    key = make_key(zone)
    dkim_keys.retire(key)
    assert not holds(mail_of(zone), key)


def test_a_subdomain_is_signed_for_by_the_domain_above(zone: Zone, connection: EmailConnection) -> None:
    zone.sender_domains = "*.example.com"
    key = make_key(zone)
    mail = mail_of(zone, sender=Mailbox("shop@news.example.com"))
    assert holds(mail, key) == [True]
    nearer = make_key(zone, "news.example.com")
    assert holds(mail_of(zone, sender=Mailbox("shop@news.example.com")), nearer) == [True]


def test_the_keys_of_another_zone_sign_nothing(zone: Zone, connection: EmailConnection) -> None:
    key = make_key(Zone.objects.create(name="other", sender_domains="example.com"))
    assert not holds(mail_of(zone), key)


def test_it_reads_the_keys_once_for_many_mails(
    zone: Zone, connection: EmailConnection, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_key(zone)
    accept_many([make_submission(zone)])
    with django_assert_max_num_queries(10):
        accept_many([make_submission(zone, f"a{n}@example.net") for n in range(10)])


@pytest.mark.parametrize(
    ("body", "canonical"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),  # RFC 6376 3.4.5
        (b"a    \t   b\r\n", b"a b\r\n"),
        (b"no end", b"no end\r\n"),
    ],
)
def test_it_relaxes_the_body(body: bytes, canonical: bytes) -> None:
    assert relaxed_body(body) == canonical


# --- the life of a key


def test_switching_to_a_key_retires_the_one_before(zone: Zone) -> None:
    old, other = make_key(zone), make_key(zone, algorithm=SigningAlgorithm.RSA)
    new = make_key(zone)
    for key in (old, other):
        key.refresh_from_db()
    assert [old.state, other.state, new.state] == [KeyState.RETIRED, KeyState.ACTIVE, KeyState.ACTIVE]


def test_zones_that_share_a_domain_share_no_selector(zone: Zone) -> None:
    elsewhere = Zone.objects.create(name="other", sender_domains="example.com")
    assert make_key(zone).selector != make_key(elsewhere).selector


def test_the_private_key_is_encrypted_at_rest(zone: Zone) -> None:
    make_key(zone)
    with database.cursor() as cursor:
        cursor.execute("SELECT private_key FROM epm_dkimkey")
        [(stored,)] = cursor.fetchall()
    assert "PRIVATE" not in stored


def test_a_long_record_is_cut_into_strings(zone: Zone) -> None:
    record = dkim_keys.record(make_key(zone, algorithm=SigningAlgorithm.RSA))
    assert record.name.endswith("._domainkey.example.com")
    strings = record.line.partition(" IN TXT ")[2].strip('"').split('" "')
    assert (len(strings), "".join(strings)) == (2, record.value)
    assert max(map(len, strings)) <= 255
