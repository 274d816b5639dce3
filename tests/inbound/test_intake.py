from datetime import timedelta

import pytest
from django.utils import timezone

from email_processor.inbound import intake
from email_processor.inbound.intake import Arrival, keep, take_in
from email_processor.models import InboundMessage
from tests.inbound.reports import regular

pytestmark = pytest.mark.django_db

NAMELESS = b"Subject: ping\r\n\r\nping\r\n"


def take(raw: bytes, rcpt_to: str = "orders@example.com") -> InboundMessage:
    return take_in(raw, mail_from="", rcpt_to=rcpt_to, source=InboundMessage.Source.SMTP)


def test_it_stores_the_mail_as_it_came_and_due() -> None:
    raw = regular("orders@example.com")
    inbound = InboundMessage.objects.get(pk=take(raw).pk)
    assert (bytes(inbound.raw), inbound.size, inbound.kind) == (raw, len(raw), "")
    assert inbound.due_at == inbound.received_at


def test_it_answers_a_mail_taken_twice_with_its_first_row() -> None:
    raw = regular("orders@example.com")
    assert take(raw).pk == take(raw).pk
    assert InboundMessage.objects.count() == 1


def test_it_takes_the_same_mail_for_two_addresses_as_two() -> None:
    raw = regular("orders@example.com")
    assert take(raw).pk != take(raw, "service@example.com").pk


def test_it_recognises_a_mail_with_a_message_id_however_late() -> None:
    first = take(regular("orders@example.com"))
    InboundMessage.objects.update(received_at=timezone.now() - timedelta(days=400))
    assert take(regular("orders@example.com")).pk == first.pk


def test_it_takes_a_mail_without_message_id_as_a_new_one_after_a_while() -> None:
    first = take(NAMELESS)
    assert take(NAMELESS).pk == first.pk
    InboundMessage.objects.update(received_at=timezone.now() - intake.SAME_MAIL_AGAIN - timedelta(seconds=1))
    assert take(NAMELESS).pk != first.pk


def test_it_looks_for_the_message_id_in_the_headers_only() -> None:
    first = take(NAMELESS + b"Message-ID: <quoted@example.net>\r\n")
    InboundMessage.objects.update(received_at=timezone.now() - timedelta(days=1))
    assert take(NAMELESS + b"Message-ID: <quoted@example.net>\r\n").pk != first.pk


def test_it_answers_one_row_for_each_of_many_mails_in_order() -> None:
    arrivals = [
        Arrival(regular(to), "", to, InboundMessage.Source.SMTP)
        for to in ("a@example.com", "b@example.com", "a@example.com")
    ]
    rows = keep(arrivals)
    assert [row.rcpt_to for row in rows] == ["a@example.com", "b@example.com", "a@example.com"]
    assert InboundMessage.objects.count() == 2
