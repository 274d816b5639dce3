from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import EventType, Recipient, State
from epm.choices import MessageTypes
from epm.models import Application, Zone
from lib import claims
from notifications.models import Notification
from tests import factories


def recipient_in(state: State, application: Application, **fields: Any) -> Recipient:
    message = factories.make_message(application.zone, application=application, recipient={"state": state, **fields})
    recipient: Recipient = message.recipients.get()
    return recipient


def test_it_moves_the_state_and_appends_a_numbered_event(application: Application) -> None:
    recipient = recipient_in(State.SENDING, application)
    [moved] = lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, {"smtp": {"code": 250}})])
    recipient.refresh_from_db()
    assert (moved.applied, recipient.state, recipient.due_at) == (True, State.SENT, None)
    assert list(recipient.events.values_list("sequence", "type")) == [(1, "accepted"), (2, "sent")]


def test_it_tells_the_application_in_the_same_commit(application: Application) -> None:
    recipient = recipient_in(State.SENDING, application)
    lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, {"smtp": {"code": 250}})])
    assert list(Notification.objects.values_list("type", "subject", "sequence")) == [("email.sent", recipient.pk, 1)]


def test_it_numbers_what_it_tells_without_gaps(application: Application) -> None:
    recipient = recipient_in(State.SENDING, application)
    lifecycle.advance([Move(recipient.pk, EventType.DEFERRED, State.DEFERRED, due_at=timezone.now())])
    lifecycle.advance([Move(recipient.pk, EventType.HELD, State.HELD)])  # not told
    lifecycle.advance([Move(recipient.pk, EventType.CANCELLED, State.CANCELLED)])
    assert list(Notification.objects.values_list("type", "sequence")) == [("email.deferred", 1), ("email.cancelled", 2)]


def test_it_keeps_receipts_from_an_application_that_does_not_support_delivery(zone: Zone) -> None:
    regular = factories.make_application(zone, message_types=MessageTypes.REGULAR)
    recipient = recipient_in(State.SENT, regular)
    lifecycle.advance([Move(recipient.pk, EventType.DELIVERED, State.DELIVERED, by_receipt=True)])
    assert not Notification.objects.exists()


def test_it_refuses_in_words_what_the_rules_do_not_allow(application: Application) -> None:
    recipient = recipient_in(State.BOUNCED, application)
    [moved] = lifecycle.advance([Move(recipient.pk, EventType.DELIVERED, State.DELIVERED, by_receipt=True)])
    recipient.refresh_from_db()
    assert (moved.applied, moved.why, recipient.state) == (False, "bounced cannot become delivered", State.BOUNCED)


def test_it_lets_a_receipt_overtake_our_own_write_of_sent(application: Application) -> None:
    recipient = recipient_in(State.SENDING, application, attempts=1)
    delivered, sent = lifecycle.advance(
        [
            Move(recipient.pk, EventType.DELIVERED, State.DELIVERED, by_receipt=True),
            Move(recipient.pk, EventType.SENT, State.SENT, attempt=1),
        ]
    )
    recipient.refresh_from_db()
    assert (delivered.applied, sent.applied, recipient.state) == (True, False, State.DELIVERED)
    assert recipient.events.get(type="sent").data == {"not_applied": "delivered cannot become sent"}


def test_it_tells_that_the_server_took_the_mail_even_where_a_report_was_faster(application: Application) -> None:
    recipient = recipient_in(State.SENDING, application, attempts=1)
    lifecycle.advance([Move(recipient.pk, EventType.BOUNCED, State.BOUNCED, by_receipt=True)])
    lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, {"smtp": {"code": 250}}, attempt=1)])
    assert list(Notification.objects.values_list("type", "sequence")) == [("email.bounced", 1), ("email.sent", 2)]


def test_it_ignores_the_word_of_a_worker_whose_attempt_was_followed_by_another(application: Application) -> None:
    recipient = recipient_in(State.SENDING, application, attempts=2)
    [moved] = lifecycle.advance([Move(recipient.pk, EventType.FAILED, State.FAILED, attempt=1)])
    assert (moved.applied, moved.state) == (False, State.SENDING)


def test_it_settles_a_requeued_mail_when_the_first_attempt_is_heard_of(application: Application) -> None:
    recipient = recipient_in(State.QUEUED, application, attempts=1)
    [moved] = lifecycle.advance([Move(recipient.pk, EventType.SENT, State.SENT, attempt=1)])
    recipient.refresh_from_db()
    assert (moved.applied, recipient.due_at) == (True, None)


@pytest.mark.parametrize("state", [s for s in State if s not in lifecycle.MOVES])
def test_it_moves_nothing_out_of_a_final_state(state: State, application: Application) -> None:
    recipient = recipient_in(state, application)
    moves = [Move(recipient.pk, EventType.REQUEUED, to, by_receipt=True) for to in State]
    assert not any(moved.applied for moved in lifecycle.advance(moves))


def test_it_begins_only_what_is_still_claimed_and_waiting(application: Application) -> None:
    recipient, cancelled = recipient_in(State.QUEUED, application), recipient_in(State.QUEUED, application)
    claim = claims.claim(Recipient.objects.order_by("due_at"), lease=timedelta(minutes=1), limit=10)
    lifecycle.advance([Move(cancelled.pk, EventType.CANCELLED, State.CANCELLED)])
    assert lifecycle.begin(claim.token, claim.keys) == {recipient.pk}
    recipient.refresh_from_db()
    assert (recipient.state, recipient.attempts) == (State.SENDING, 1)


def test_it_settles_a_batch_with_a_handful_of_statements(
    application: Application, django_assert_max_num_queries: Any
) -> None:
    message = factories.make_message(
        application.zone,
        *(f"user{n}@example.net" for n in range(100)),
        application=application,
        recipient={"state": State.SENDING},
    )
    keys = message.recipients.values_list("pk", flat=True)
    moves = [Move(key, EventType.SENT, State.SENT, {"smtp": {"code": 250}}) for key in keys]
    with django_assert_max_num_queries(9):
        lifecycle.advance(moves)
    assert message.recipients.filter(state=State.SENT).count() == 100
