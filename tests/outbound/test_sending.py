from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from email_processor import lifecycle
from email_processor.models import Content, Event, EventType, Recipient, State
from email_processor.outbound import return_path, sending
from email_processor.outbound.acceptance import accept
from email_processor.outbound.queue import Outgoing
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.choices import InDoubtPolicy
from epm.models import Application, EmailConnection, Zone
from lib import stopping
from notifications.models import Notification
from tests import factories
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


def queued(zone: Zone, *addresses: str, application: Application | None = None, **options: Any) -> list[Recipient]:
    """Recipients of one accepted mail."""
    return list(accept(make_submission(zone, *addresses, application=application, options=options)).recipients)


def drained(zone: Zone, *addresses: str, application: Application | None = None, **options: Any) -> Recipient:
    """The first recipient of a mail that was accepted and drained."""
    recipient = queued(zone, *addresses, application=application, **options)[0]
    drain(zone.name)
    return Recipient.objects.get(pk=recipient.pk)


def last_event(recipient: Recipient) -> Event:
    return recipient.events.order_by("sequence").reverse()[0]


# --- what becomes of a mail


def test_it_sends_what_was_accepted(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    recipient = drained(zone, "ann@example.net")
    assert (recipient.state, recipient.attempts, recipient.due_at) == (State.SENT, 1, None)
    assert world.received[0].rcpt_tos == ("ann@example.net",)


def test_the_event_tells_what_the_server_said(zone: Zone, way_out: EmailConnection) -> None:
    smtp = last_event(drained(zone)).data["smtp"]
    assert (smtp["code"], smtp["enhanced"], smtp["host"], smtp["tls"], smtp["attempt"]) == (
        250,
        "2.0.0",
        "127.0.0.1",
        "",
        1,
    )
    assert smtp["text"].startswith("Taken")
    assert smtp["duration"] > 0


def test_the_application_is_told(zone: Zone, way_out: EmailConnection, application: Application) -> None:
    drained(zone, application=application)
    assert Notification.objects.get().type == "email.sent"


def test_the_bytes_are_those_of_acceptance(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    drained(zone)
    assert world.received[0].content == bytes(Content.objects.get().mime)


def test_every_recipient_has_its_own_signed_return_path(
    zone: Zone, way_out: EmailConnection, world: RunningWorld
) -> None:
    recipients = queued(zone, "ann@example.net", "bob@example.net")
    drain(zone.name)
    signed = {mail.rcpt_tos[0]: return_path.read(mail.mail_from) for mail in world.received}
    assert signed == {recipient.address: recipient.pk for recipient in recipients}


def test_dsn_parameters_are_those_of_acceptance(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    drained(zone, "ann@example.net", notify="SUCCESS,DELAY", envid="order 7")
    (mail,) = world.received
    assert (mail.sender.envid, mail.sender.ret) == ("order 7", "HDRS")
    assert mail.recipients[0].notify == frozenset({"SUCCESS", "DELAY"})
    assert mail.recipients[0].original is not None


def test_a_5xx_ends_as_failed(zone: Zone, way_out: EmailConnection) -> None:
    recipient = drained(zone, "refused@example.net")
    assert (recipient.state, recipient.due_at) == (State.FAILED, None)


def test_a_4xx_is_tried_again_later(zone: Zone, way_out: EmailConnection) -> None:
    recipient = drained(zone, "deferred@example.net")
    assert recipient.state == State.DEFERRED
    assert recipient.due_at is not None
    assert timedelta(seconds=40) < recipient.due_at - timezone.now() < timedelta(seconds=75)


def test_the_second_try_may_succeed(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    recipient = drained(zone, "deferred@example.net")
    Recipient.objects.update(due_at=timezone.now())
    drain(zone.name)
    recipient.refresh_from_db()
    assert (recipient.state, recipient.attempts) == (State.SENT, 2)


def test_a_retry_never_comes_after_the_end(zone: Zone, way_out: EmailConnection) -> None:
    end = timezone.now() + timedelta(seconds=10)
    assert drained(zone, "full-now@example.net", expire_at=end).due_at == end


def test_what_is_past_its_time_expires_unsent(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    message = factories.make_message(zone, connection=way_out, expire_at=timezone.now())
    drain(zone.name)
    assert message.recipients.get().state == State.EXPIRED
    assert world.count == 0


def test_what_is_not_yet_due_waits(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    recipient = drained(zone, send_at=timezone.now() + timedelta(hours=1))
    assert (recipient.state, world.count) == (State.QUEUED, 0)


def test_an_unreachable_server_defers(zone: Zone) -> None:
    factories.make_connection(zone, port=1)
    recipient = drained(zone)
    assert recipient.state == State.DEFERRED
    assert last_event(recipient).data["smtp"]["stage"] == "connect"


def test_the_sandbox_goes_to_the_simulated_world(zone: Zone, world: RunningWorld, settings: Settings) -> None:
    settings.EPM_SIMULATOR_PORT = world.port
    assert drained(zone, sandbox=True).state == State.SENT
    assert world.count == 1


# --- doubt


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (InDoubtPolicy.RESEND, State.QUEUED),
        (InDoubtPolicy.HOLD, State.IN_DOUBT),
        (InDoubtPolicy.WAIT, State.IN_DOUBT),
    ],
)
def test_a_lost_answer_leaves_doubt_and_the_policy_goes_on(
    zone: Zone, way_out: EmailConnection, policy: InDoubtPolicy, state: State
) -> None:
    recipient = drained(zone, "drop-dot@example.net", in_doubt=policy)
    event = recipient.events.get(type="in_doubt")
    assert recipient.state == state
    assert event.data["why"].startswith("The connection was lost after the mail's last line")
    assert event.data["smtp"]["stage"] == "final dot"


def test_doubt_that_is_sent_again_waits_its_turn(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    recipient = drained(zone, "drop-dot-once@example.net")
    assert world.count == 1
    assert recipient.due_at is not None
    assert recipient.due_at > timezone.now() + timedelta(seconds=30)


def test_doubt_on_hold_is_out_of_the_queue(zone: Zone, way_out: EmailConnection) -> None:
    assert drained(zone, "drop-dot@example.net", in_doubt=InDoubtPolicy.HOLD).due_at is None


# --- many


def test_five_hundred_are_sent_once_each(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    addresses = {f"customer{n}@example.net" for n in range(500)}
    queued(zone, *addresses)
    assert drain(zone.name) == 500
    assert drain(zone.name) == 0
    assert sorted(mail.rcpt_tos[0] for mail in world.received) == sorted(addresses)


def test_connections_are_limited_and_shared(zone: Zone, world: RunningWorld) -> None:
    factories.make_connection(zone, server=world.host, port=world.port, max_connections=3)
    queued(zone, *(f"customer{n}@example.net" for n in range(60)))
    drain(zone.name)
    assert world.connections <= 3


def test_a_slow_server_does_not_hold_up_another(
    zone: Zone, way_out: EmailConnection, world: RunningWorld, settings: Settings
) -> None:
    settings.EPM_SEND_CONCURRENCY = 6
    other = factories.make_connection(zone, "other", server=world.host, port=world.port, max_connections=2)
    slow = [
        recipient.pk
        for recipient in queued(zone, *(f"slow+{n}@example.net" for n in range(4)), connection=way_out.name)
    ]
    queued(zone, *(f"fast{n}@example.net" for n in range(20)), connection=other.name)
    drain(zone.name)
    order = [mail.rcpt_tos[0] for mail in world.received]
    assert len(order) == len(slow) + 20
    # Four slow mails take turns; had the others waited for them, a fast one would be last.
    assert order[-1].startswith("slow")


def test_many_that_wait_for_slow_servers_do_not_keep_others_from_being_claimed(
    zone: Zone, world: RunningWorld, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EPM_SEND_CONCURRENCY = 4
    monkeypatch.setattr(sending, "_AT_ONCE", 3)
    for name in ("one", "two", "three"):
        factories.make_connection(zone, name, server=world.host, port=world.port)
    for name in ("one", "two"):
        queued(zone, *(f"slow+{n}@example.net" for n in range(3)), connection=name)
    queued(zone, *(f"fast{n}@example.net" for n in range(9)), connection="three")
    drain(zone.name)
    order = [mail.rcpt_tos[0] for mail in world.received]
    assert len(order) == 15
    assert order.index("fast8@example.net") < len(order) - 4


def test_urgent_mail_goes_first(zone: Zone, world: RunningWorld) -> None:
    factories.make_connection(zone, server=world.host, port=world.port, max_connections=1)
    queued(zone, "normal@example.net")
    factories.make_message(
        zone, "urgent@example.net", connection=EmailConnection.objects.get(), recipient={"priority": 1}
    )
    drain(zone.name)
    assert world.received[0].rcpt_tos == ("urgent@example.net",)


def test_a_worker_that_is_asked_to_stop_sees_the_wire_through_and_gives_the_rest_back(
    zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_connection(zone, port=world.port, max_connections=1)
    recipients = queued(zone, *(f"user{n}@example.net" for n in range(30)))
    monkeypatch.setattr(stopping, "is_asked", lambda: bool(world.received))
    drain(zone.name)
    waiting = Recipient.objects.filter(state=State.QUEUED, claim=None, due_at__lte=timezone.now())
    assert 0 < len(world.received) == len(recipients) - waiting.count()


def test_other_zones_are_left_alone(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    queued(zone)
    factories.make_zone("other")
    assert drain("other") == 0
    assert world.count == 0


def test_a_mail_that_comes_alone_costs_few_statements(
    zone: Zone, way_out: EmailConnection, application: Application
) -> None:
    drained(zone, application=application)
    queued(zone, application=application)
    with CaptureQueriesContext(database) as asked:
        drain(zone.name)
    # Before the wire: its line, the claim (2), its message, the ways, the pace (2), the suppression list, the intent (2) and
    # the content. After it: row, application, message, transaction, notification, state, Event.
    frames = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    assert len([query["sql"] for query in asked.captured_queries if not query["sql"].startswith(frames)]) == 18


# --- what stays behind


def test_a_disabled_connection_sends_nothing_for_now(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    (recipient,) = queued(zone)
    EmailConnection.objects.update(enabled=False)
    drain(zone.name)
    recipient.refresh_from_db()
    assert (recipient.state, recipient.claim, world.count) == (State.QUEUED, None, 0)
    assert recipient.due_at is not None
    assert recipient.due_at > timezone.now()


def test_what_was_cancelled_after_the_claim_is_not_sent(
    zone: Zone, way_out: EmailConnection, world: RunningWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recipient,) = queued(zone)
    begin = lifecycle.begin

    def cancelled_first(*args: Any) -> Any:
        lifecycle.advance([lifecycle.Move(recipient.pk, EventType.CANCELLED, State.CANCELLED)])
        return begin(*args)

    monkeypatch.setattr(lifecycle, "begin", cancelled_first)
    drain(zone.name)
    assert world.count == 0
    assert Recipient.objects.get().state == State.CANCELLED


def test_a_mail_that_is_a_bug_spoils_no_other(
    zone: Zone, way_out: EmailConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = queued(zone, "bad@example.net", "good@example.net")
    envelope = sending._envelope

    def broken_envelope(mail: Outgoing, content: bytes | None) -> Any:
        if mail.id == bad.pk:
            raise RuntimeError("a bug")
        return envelope(mail, content)

    monkeypatch.setattr(sending, "_envelope", broken_envelope)
    drain(zone.name)
    states = dict(Recipient.objects.values_list("pk", "state"))
    assert states == {bad.pk: State.DEFERRED, good.pk: State.SENT}


def test_a_result_that_cannot_be_written_spoils_no_other(
    zone: Zone, way_out: EmailConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = queued(zone, "bad@example.net", "good@example.net")
    advance = lifecycle.advance

    def broken_advance(moves: list[lifecycle.Move]) -> Any:
        if any(move.recipient == bad.pk for move in moves):
            raise RuntimeError("a bug")
        return advance(moves)

    monkeypatch.setattr(lifecycle, "advance", broken_advance)
    drain(zone.name)
    states = dict(Recipient.objects.values_list("pk", "state"))
    assert states == {bad.pk: State.SENDING, good.pk: State.SENT}


# --- leases and greetings


def test_leases_are_renewed_while_a_server_takes_its_time(
    zone: Zone, way_out: EmailConnection, settings: Settings
) -> None:
    settings.EPM_LEASE = timedelta(seconds=0.3)
    recipient = drained(zone, "slow@example.net")
    assert (recipient.state, recipient.attempts) == (State.SENT, 1)


def test_what_the_server_offers_is_remembered(zone: Zone, way_out: EmailConnection) -> None:
    drained(zone)
    way_out.refresh_from_db()
    assert way_out.ehlo_features is not None
    assert {"DSN", "SMTPUTF8", "SIZE"} <= way_out.ehlo_features.keys()
    assert way_out.ehlo_seen_at is not None


def test_a_fresh_memory_is_left_alone(zone: Zone, way_out: EmailConnection) -> None:
    drained(zone)
    way_out.refresh_from_db()
    seen_at = way_out.ehlo_seen_at
    drained(zone)
    way_out.refresh_from_db()
    assert way_out.ehlo_seen_at == seen_at
