"""Holding and cancelling what is on the wire: it is taken back until its content begins to leave."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from threading import Event as Flag
from typing import Any

import pytest
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move, Moved
from email_processor.models import EventType, Recall, Recipient, State
from email_processor.outbound import pool, queue, recalling
from email_processor.outbound.acceptance import accept
from email_processor.outbound.recalling import Recalls
from email_processor.outbound.sending import drain
from email_processor.outbound.wire import Wire
from epm.models import Zone
from tests import factories
from tests.outbound.servers import OddServer, odd_server
from tests.outbound.submissions import make_submission
from tests.outbound.test_queue import make_stranded
from tests.waiting import eventually

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers look in every round. What was being opened in vain is given up afterwards."""
    monkeypatch.setattr(recalling, "EVERY", 0.0)
    yield
    pool.hang_up()


@pytest.fixture
def each_round(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Does something in the first round of a drain, something else in the second, and so on."""

    def set_up(*rounds: Callable[[], object]) -> None:
        collect, left = Wire.collect, iter(rounds)

        def do_and_collect(wire: Any, timeout: float) -> Any:
            next(left, lambda: None)()
            return collect(wire, timeout)

        monkeypatch.setattr(Wire, "collect", do_and_collect)

    return set_up


def withdraw(to: State = State.CANCELLED) -> Moved:
    [moved] = lifecycle.advance([Move(Recipient.objects.get().pk, EventType(to), to, {"why": "by hand"})])
    return moved


def types(recipient: Recipient) -> list[str]:
    return list(recipient.events.order_by("sequence").values_list("type", flat=True))


def hears(server: OddServer, word: str) -> None:
    if word == "GREETING":
        eventually(lambda: server.connections, "a connection")
    else:
        eventually(lambda: [line for line in server.heard if line.startswith(word)], word)


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("to", [State.HELD, State.CANCELLED])
def test_a_server_that_keeps_silent_before_the_content_does_not_keep_a_mail(
    zone: Zone, each_round: Callable[..., None], step: str, to: State
) -> None:
    with odd_server(**{step: b""}) as server:
        factories.make_connection(zone, port=server.port)
        accept(make_submission(zone))
        each_round(lambda: hears(server, step), lambda: withdraw(to))
        drain(zone.name)
    recipient = Recipient.objects.get()
    assert (recipient.state, recipient.due_at, types(recipient)) == (to, None, ["accepted", to])
    assert recipient.events.get(type=to).data == {"why": "by hand"}
    assert not Recall.objects.exists()


@pytest.mark.parametrize(
    ("step", "replies", "end"),
    [("CONTENT", {}, "sent"), ("RSET", {"RCPT": b"550 5.1.1 nobody\r\n"}, "failed")],
)
def test_a_mail_that_has_left_or_is_refused_stays_so(
    zone: Zone, each_round: Callable[..., None], monkeypatch: pytest.MonkeyPatch, step: str, replies: Any, end: str
) -> None:
    is_there, goes_on, usual = Flag(), Flag(), OddServer.reply

    def reply(server: OddServer, word: str) -> bytes | None:
        if word == step:
            is_there.set()
            goes_on.wait()
        return usual(server, word)

    monkeypatch.setattr(OddServer, "reply", reply)
    with odd_server(**replies) as server:
        factories.make_connection(zone, port=server.port)
        accept(make_submission(zone))
        each_round(is_there.wait, withdraw, goes_on.set)
        drain(zone.name)
    assert (types(Recipient.objects.get()), Recall.objects.exists()) == (["accepted", end], False)


def test_what_expires_while_it_waits_for_a_server_is_not_sent_any_more(
    zone: Zone, each_round: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now
    with odd_server(GREETING=b"") as server:
        factories.make_connection(zone, port=server.port)
        factories.make_message(zone, expire_at=now() + timedelta(minutes=10))
        an_hour_later = partial(monkeypatch.setattr, timezone, "now", lambda: now() + timedelta(hours=1))
        each_round(lambda: hears(server, "GREETING"), an_hour_later)
        drain(zone.name)
    assert types(Recipient.objects.get()) == ["accepted", "expired"]


def test_others_go_on(zone: Zone, each_round: Callable[..., None]) -> None:
    with odd_server(RCPT=[b"", b"250 2.1.5 fine\r\n"]) as server:
        factories.make_connection(zone, port=server.port, max_connections=1)
        first, second = accept(make_submission(zone, "ann@example.net", "bob@example.net")).recipients

        def withdraw_first() -> None:
            lifecycle.advance([Move(first.pk, EventType.CANCELLED, State.CANCELLED)])

        each_round(lambda: hears(server, "RCPT"), withdraw_first)
        drain(zone.name)
    assert dict(Recipient.objects.values_list("pk", "state")) == {first.pk: State.CANCELLED, second.pk: State.SENT}


def test_who_could_not_write_it_down_says_the_same_again(zone: Zone) -> None:
    message = factories.make_message(zone)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    lifecycle.begin(claimed.token, [claimed.id])
    Recall.objects.create(recipient=message.recipients.get(), to=State.CANCELLED, why="by hand")
    recalls = Recalls()
    recalls.look({claimed.id: claimed})
    assert [[move.to for move in recalls.moves_for(claimed.mail, None)] for _ in range(2)] == [[State.CANCELLED]] * 2


def test_a_wish_counts_for_the_attempt_it_was_about(zone: Zone) -> None:
    message = factories.make_message(zone)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    Recall.objects.create(recipient=message.recipients.get(), to=State.HELD, why="by hand")
    recalls = Recalls()
    recalls.look({claimed.id: claimed})
    later = claimed.mail._replace(attempt=claimed.mail.attempt + 1)
    assert [move.to for move in recalls.moves_for(later, None)] == [State.DEFERRED]


def test_it_is_said_that_its_worker_is_asked(zone: Zone) -> None:
    recipient = make_stranded(zone)
    moved = withdraw()
    assert (moved.applied, moved.is_recalled, moved.state) == (False, True, State.SENDING)
    assert types(recipient) == ["accepted"]


def test_the_last_wish_counts(zone: Zone) -> None:
    make_stranded(zone)
    withdraw(State.HELD)
    withdraw(State.CANCELLED)
    assert Recall.objects.get().to == State.CANCELLED


def test_also_of_wishes_that_come_together(zone: Zone) -> None:
    key = make_stranded(zone).pk
    lifecycle.advance([Move(key, EventType(to), to) for to in (State.CANCELLED, State.HELD)])
    assert Recall.objects.get().to == State.HELD


def test_what_a_dead_worker_was_asked_for_is_not_sent_again(zone: Zone) -> None:
    recipient = make_stranded(zone)
    withdraw()
    queue.sweep()
    assert types(recipient) == ["accepted", "in_doubt", "requeued", "cancelled"]
    assert not Recall.objects.exists()


def test_a_doubt_that_waits_for_a_person_still_does(zone: Zone) -> None:
    recipient = make_stranded(zone, in_doubt_policy="hold")
    withdraw()
    queue.sweep()
    assert (types(recipient), Recall.objects.exists()) == (["accepted", "in_doubt"], False)


def test_a_wish_that_came_as_the_mail_was_put_off_is_answered_by_the_sweep(zone: Zone) -> None:
    message = factories.make_message(zone)
    recipient = message.recipients.get()
    Recall.objects.create(recipient=recipient, to=State.HELD, why="by hand")
    queue.sweep()
    assert (message.recipients.get().state, Recall.objects.exists()) == (State.HELD, False)


def test_a_live_worker_is_left_to_answer(zone: Zone) -> None:
    factories.make_message(zone)
    (claimed,) = queue.claim(zone.name, limit=1).claimed
    lifecycle.begin(claimed.token, [claimed.id])
    withdraw()
    queue.sweep()
    assert (Recipient.objects.get().state, Recall.objects.count()) == (State.SENDING, 1)
