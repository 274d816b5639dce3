from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

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


def test_it_recognises_a_mail_with_a_message_id_however_late(monkeypatch: pytest.MonkeyPatch) -> None:
    first = take(regular("orders@example.com"))
    at(monkeypatch, first.received_at + timedelta(days=400))
    assert take(regular("orders@example.com")).pk == first.pk


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.mark.parametrize(("minutes", "count"), [(1, 1), (9, 1), (21, 2)])
def test_it_takes_a_mail_that_nothing_tells_apart_as_a_new_one_after_a_while(
    monkeypatch: pytest.MonkeyPatch, minutes: int, count: int
) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for moment in (noon + timedelta(minutes=5), noon + timedelta(minutes=5 + minutes)):
        at(monkeypatch, moment)
        take(NAMELESS)
    assert InboundMessage.objects.count() == count


def test_it_recognises_a_mail_by_its_trace_however_late(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = b"Received: from a by b with ESMTP id 1; Sun, 22 Nov 2026 10:00:00 +0000\r\n" + NAMELESS
    first = take(traced)
    at(monkeypatch, first.received_at + timedelta(days=400))
    assert take(traced).pk == first.pk


def test_it_looks_for_the_message_id_in_the_headers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    quoting = NAMELESS + b"Message-ID: <quoted@example.net>\r\n"
    first = take(quoting)
    at(monkeypatch, first.received_at + timedelta(days=1))
    assert take(quoting).pk != first.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("raw", [regular("orders@example.com"), NAMELESS])
def test_it_stores_a_mail_once_that_many_take_in_the_same_instant(raw: bytes) -> None:
    together = Barrier(6)

    def take_at_once(_: int) -> UUID:
        together.wait()
        try:
            return take(raw).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(take_at_once, range(6)))) == 1
    assert InboundMessage.objects.count() == 1


def test_it_keeps_where_the_mail_came_from() -> None:
    arrival = Arrival(regular("a@example.com"), "", "a@example.com", InboundMessage.Source.SMTP, "192.0.2.1")
    assert keep([arrival])[0].peer == "192.0.2.1"


def test_it_answers_one_row_for_each_of_many_mails_in_order() -> None:
    arrivals = [
        Arrival(regular(to), "", to, InboundMessage.Source.SMTP)
        for to in ("a@example.com", "b@example.com", "a@example.com")
    ]
    rows = keep(arrivals)
    assert [row.rcpt_to for row in rows] == ["a@example.com", "b@example.com", "a@example.com"]
    assert InboundMessage.objects.count() == 2


def test_it_stores_what_is_new_beside_a_mail_that_was_taken_before() -> None:
    known = take(regular("a@example.com"), "a@example.com")
    arrivals = [Arrival(regular(to), "", to, InboundMessage.Source.SMTP) for to in ("a@example.com", "b@example.com")]
    rows = keep(arrivals)
    assert rows[0].pk == known.pk
    assert InboundMessage.objects.get(rcpt_to="b@example.com").pk == rows[1].pk
