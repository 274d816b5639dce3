from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from email_processor import lifecycle, suppression
from email_processor.lifecycle import Move
from email_processor.models import EventType, Message, Recipient, State, Suppression
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.outbound.submission import Refused
from email_processor.outbound.withdrawing import withdraw
from email_processor.suppression import Source, Wanted, suppress
from epm.models import Application, EmailConnection, Zone
from tests import factories
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


def states() -> dict[str, str]:
    return dict(Recipient.objects.values_list("address", "state"))


# --- the list


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("ann@example.net", "ann@example.net"),
        ("Ann@Example.NET", "aNN@example.net"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("Dömi@example.net", "dömi@example.net"),
    ],
)
def test_it_finds_an_address_however_it_is_written(zone: Zone, listed: str, asked: str) -> None:
    entry = suppress(zone, None, listed, "asked us to stop", Source.HAND)
    assert suppression.suppressed(zone, None, [asked, "bob@example.net"]) == {asked: entry}


def test_an_entry_of_the_zone_binds_every_application(application: Application) -> None:
    suppress(application.zone, None, "ann@example.net", "", Source.HAND)
    assert suppression.suppressed(application.zone, application, ["ann@example.net"])


def test_an_entry_of_an_application_binds_no_other(application: Application) -> None:
    other = factories.make_application(application.zone, "invoices")
    suppress(application.zone, application, "ann@example.net", "", Source.HAND)
    assert suppression.suppressed(application.zone, application, ["ann@example.net"])
    assert not suppression.suppressed(application.zone, other, ["ann@example.net"])
    assert not suppression.suppressed(application.zone, None, ["ann@example.net"])


def test_an_entry_of_a_zone_binds_no_other(zone: Zone) -> None:
    suppress(zone, None, "ann@example.net", "", Source.HAND)
    assert not suppression.suppressed(factories.make_zone("other"), None, ["ann@example.net"])


def test_an_entry_runs_out(zone: Zone) -> None:
    suppress(zone, None, "ann@example.net", "", Source.HAND, expires_at=timezone.now() - timedelta(seconds=1))
    assert not suppression.suppressed(zone, None, ["ann@example.net"])


def test_lifting_takes_it_off_the_list(zone: Zone) -> None:
    suppress(zone, None, "ann@example.net", "", Source.HAND)
    assert suppression.lift(zone, None, "Ann@example.net")
    assert not suppression.suppressed(zone, None, ["ann@example.net"])
    assert not suppression.lift(zone, None, "ann@example.net")


def test_of_two_entries_the_one_that_ends_later_stands(zone: Zone) -> None:
    soon = timezone.now() + timedelta(days=1)
    suppress(zone, None, "ann@example.net", "on holiday", Source.HAND, expires_at=soon)
    suppress(zone, None, "ann@example.net", "gone", Source.API)
    kept = suppress(zone, None, "ann@example.net", "on holiday again", Source.HAND, expires_at=soon)
    assert (kept.reason, kept.source, kept.expires_at) == ("gone", Source.API, None)


def test_it_asks_once_however_many_addresses(zone: Zone, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    asked = [f"a{n}@example.net" for n in range(1000)]
    with django_assert_num_queries(1):
        assert not suppression.suppressed(zone, None, asked)
    suppression.suppress_all([Wanted(zone, None, address, "", Source.HAND) for address in asked])
    with django_assert_num_queries(2):
        assert len(suppression.suppressed(zone, None, asked)) == 1000


# --- at acceptance


def test_those_on_the_list_are_stored_and_never_sent(zone: Zone, connection: EmailConnection) -> None:
    suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    assert states() == {"ann@example.net": State.SUPPRESSED, "bob@example.net": State.QUEUED}
    assert not Recipient.objects.filter(state=State.SUPPRESSED, due_at__isnull=False).exists()


def test_the_first_event_says_why(zone: Zone, connection: EmailConnection) -> None:
    suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    accepted = accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    event = accepted.recipients[0].events.get()
    assert (event.type, event.sequence, event.state) == (EventType.SUPPRESSED, 1, State.SUPPRESSED)
    assert "(by hand): asked us to stop" in event.data["why"]


def test_it_expects_no_receipts_for_them(zone: Zone, connection: EmailConnection) -> None:
    suppress(zone, None, "ann@example.net", "", Source.HAND)
    accepted = accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    assert [accepted.expected[recipient.pk] for recipient in accepted.recipients] == [[], None]


def test_it_wakes_a_sender_though_the_first_recipient_is_suppressed(
    zone: Zone, connection: EmailConnection, django_capture_on_commit_callbacks: Any
) -> None:
    suppress(zone, None, "ann@example.net", "", Source.HAND)
    with django_capture_on_commit_callbacks() as rung:
        accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    assert len(rung) == 1


def test_a_mail_to_nobody_but_them_is_refused(zone: Zone, connection: EmailConnection) -> None:
    suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    with pytest.raises(Refused, match="asked us to stop") as caught:
        accept(make_submission(zone, "Ann@example.net"))
    assert (caught.value.code, caught.value.field) == ("all_suppressed", "to")
    assert not Message.objects.exists()


def test_suppressed_is_final(zone: Zone, connection: EmailConnection) -> None:
    suppress(zone, None, "ann@example.net", "", Source.HAND)
    accepted = accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    [moved] = lifecycle.advance([Move(accepted.recipients[0].pk, EventType.REQUEUED, State.QUEUED)])
    assert not moved.applied


# --- right before sending


def test_what_is_suppressed_while_it_waits_is_cancelled(application: Application, connection: EmailConnection) -> None:
    factories.make_message(application.zone, "ann@example.net", application=application, connection=connection)
    suppress(application.zone, None, "Ann@example.net", "asked us to stop", Source.HAND)
    drain("main")
    recipient = Recipient.objects.get()
    assert (recipient.state, recipient.attempts, recipient.due_at) == (State.CANCELLED, 0, None)
    assert "asked us to stop" in recipient.events.get(type=EventType.CANCELLED).data["why"]


def test_only_those_on_the_list_are_withdrawn(application: Application) -> None:
    message = factories.make_message(application.zone, "ann@x.example", "bob@x.example", application=application)
    suppress(application.zone, application, "ann@x.example", "", Source.HAND)
    [ann, bob] = message.recipients.order_by("address")
    assert withdraw("main", [ann.pk, bob.pk]) == {ann.pk}
    assert states() == {"ann@x.example": State.CANCELLED, "bob@x.example": State.QUEUED}


def test_another_applications_list_withdraws_nothing(application: Application) -> None:
    other = factories.make_application(application.zone, "invoices")
    recipient = factories.make_message(application.zone, "ann@x.example", application=application).recipients.get()
    suppress(application.zone, other, "ann@x.example", "", Source.HAND)
    assert withdraw("main", [recipient.pk]) == set()


def test_the_last_look_costs_one_query_where_nobody_was_suppressed_since(
    application: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    suppress(application.zone, None, "ann@x.example", "", Source.HAND)
    Suppression.objects.update(created_at=timezone.now() - timedelta(hours=1))
    keys = [factories.make_message(application.zone, f"a{n}@x.example").recipients.get().pk for n in range(5)]
    with django_assert_num_queries(1):
        assert withdraw("main", keys) == set()


# --- what it learns by itself


def refused(application: Application, code: int, enhanced: str, text: str, stage: str = "rcpt", **fields: Any) -> None:
    """A server refuses a mail to ann for good."""
    sending = {"state": State.SENDING}
    message = factories.make_message(
        application.zone, "Ann@example.net", application=application, recipient=sending, **fields
    )
    smtp = {"code": code, "enhanced": enhanced, "text": text, "stage": stage}
    lifecycle.advance([Move(message.recipients.get().pk, EventType.FAILED, State.FAILED, {"smtp": smtp})])


def reported(application: Application, event: EventType, to: State | None, **receipt: str) -> None:
    """A receipt comes for a mail to ann."""
    message = factories.make_message(
        application.zone, "Ann@example.net", application=application, recipient={"state": State.SENT}
    )
    key = message.recipients.get().pk
    lifecycle.advance([Move(key, event, to, {"receipt": receipt}, by_receipt=True)])


def test_it_learns_from_a_refusal_that_the_address_is_dead(application: Application) -> None:
    refused(application, 550, "5.1.1", "5.1.1 no such user")
    entry = Suppression.objects.get()
    assert (entry.address, entry.application, entry.source) == ("ann@example.net", application, Source.BOUNCE)
    assert entry.reason.startswith("There is no such mailbox")
    assert entry.expires_at is None


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "stage"),
    [
        (554, "5.7.1", "5.7.1 message looks like spam", "rcpt"),
        (552, "5.2.2", "5.2.2 mailbox full", "rcpt"),
        (550, "5.1.1", "5.1.1 no such user", "mail"),
        (450, "4.1.1", "4.1.1 no such user", "rcpt"),
    ],
)
def test_it_learns_nothing_from_what_may_pass_or_is_about_our_mail(
    application: Application, code: int, enhanced: str, text: str, stage: str
) -> None:
    refused(application, code, enhanced, text, stage)
    assert not Suppression.objects.exists()


def test_it_learns_from_a_receipt_that_the_address_is_dead(application: Application) -> None:
    reported(application, EventType.BOUNCED, State.BOUNCED, reason="user_unknown", explanation="No such mailbox.")
    entry = Suppression.objects.get()
    assert (entry.address, entry.source, entry.reason) == ("ann@example.net", Source.BOUNCE, "No such mailbox.")


def test_it_learns_from_a_complaint(application: Application) -> None:
    reported(application, EventType.COMPLAINED, None)
    assert Suppression.objects.get().source == Source.COMPLAINT


def test_it_learns_nothing_against_the_applications_policy(zone: Zone) -> None:
    application = factories.make_application(zone, suppress_hard_bounces=False, suppress_complaints=False)
    refused(application, 550, "5.1.1", "5.1.1 no such user")
    reported(application, EventType.COMPLAINED, None)
    assert not Suppression.objects.exists()


def test_the_sandbox_teaches_nothing(application: Application) -> None:
    refused(application, 550, "5.1.1", "5.1.1 no such user", sandbox=True)
    assert not Suppression.objects.exists()


def test_a_receipt_that_moves_nothing_teaches_nothing(application: Application) -> None:
    message = factories.make_message(application.zone, application=application, recipient={"state": State.CANCELLED})
    data = {"receipt": {"reason": "user_unknown", "explanation": "No such mailbox."}}
    key = message.recipients.get().pk
    lifecycle.advance([Move(key, EventType.BOUNCED, State.BOUNCED, data, by_receipt=True)])
    assert not Suppression.objects.exists()
