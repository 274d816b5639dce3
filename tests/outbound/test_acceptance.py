from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from email_processor.models import Attachment, Content, Event, Message, Priority, Recipient, State
from email_processor.outbound.acceptance import accept
from email_processor.outbound.submission import AttachedFile, Destination, Mailbox, Refused, Submission
from email_processor.outbound.tasks import send_due
from epm.choices import InDoubtPolicy, RegisteredDelivery
from epm.models import Application, EmailConnection, Zone
from tests import factories
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db
Rings = list[tuple[str, ...]]


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> Rings:
    """The zones for which a sender was woken."""
    heard: Rings = []
    monkeypatch.setattr(send_due, "apply_async", lambda **call: heard.append(call["args"]))
    return heard


def refusal(submission: Submission) -> tuple[str, str]:
    """Code and field of the refusal; nothing may have been stored."""
    with pytest.raises(Refused) as caught:
        accept(submission)
    assert not Message.objects.exists()
    return caught.value.code, caught.value.field


# --- what is stored


def test_it_stores_message_content_recipients_and_first_events(zone: Zone, connection: EmailConnection) -> None:
    accepted = accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    assert Message.objects.get().connection is None
    assert accepted.ways == (connection,)
    assert [r.state for r in Recipient.objects.all()] == [State.QUEUED, State.QUEUED]
    assert Event.objects.filter(type="accepted", sequence=1).count() == 2
    assert bytes(Content.objects.get().mime).startswith(b"From: The Shop <shop@example.com>\r\n")
    assert accepted.message.size == len(bytes(Content.objects.get().mime))


def test_it_takes_few_statements(
    zone: Zone, connection: EmailConnection, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # The connection, the keys, the suppression list, four inserts, and a savepoint where there is a transaction elsewhere.
    with django_assert_max_num_queries(9):
        accept(make_submission(zone, *(f"a{n}@example.net" for n in range(20))))


def test_it_notes_attachments(zone: Zone, connection: EmailConnection) -> None:
    accept(make_submission(zone, attachments=(AttachedFile("a.pdf", "application/pdf", b"12345"),)))
    assert Attachment.objects.values_list("file_name", "size").get() == ("a.pdf", 5)


def test_an_address_given_twice_is_sent_to_once(zone: Zone, connection: EmailConnection) -> None:
    twice = make_submission(zone, "ann@example.net", "Ann@example.net", "ann@example.net")
    assert [r.address for r in accept(twice).recipients] == ["ann@example.net", "Ann@example.net"]


def test_it_joins_an_outer_transaction(zone: Zone, connection: EmailConnection) -> None:
    with transaction.atomic():
        accept(make_submission(zone))
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_it_is_due_at_once_and_rings_on_commit(
    zone: Zone,
    connection: EmailConnection,
    rings: Rings,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        accepted = accept(make_submission(zone))
        assert not rings
    assert rings == [("main",)]
    assert accepted.recipients[0].due_at == accepted.message.accepted_at


def test_send_at_is_when_it_falls_due(
    zone: Zone,
    connection: EmailConnection,
    rings: Rings,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    later = timezone.now() + timedelta(hours=2)
    with django_capture_on_commit_callbacks(execute=True):
        assert accept(make_submission(zone, options={"send_at": later})).recipients[0].due_at == later
    assert not rings


def test_it_expires_at_the_maximum_age_at_the_latest(
    zone: Zone, connection: EmailConnection, settings: Settings
) -> None:
    settings.EPM_MAXIMUM_AGE = timedelta(hours=1)
    message = accept(make_submission(zone, options={"expire_at": timezone.now() + timedelta(days=9)})).message
    assert message.expire_at == message.accepted_at + timedelta(hours=1)


def test_priority_is_the_recipients_too(zone: Zone, connection: EmailConnection) -> None:
    accepted = accept(make_submission(zone, options={"priority": Priority.HIGH}))
    assert accepted.recipients[0].priority == Priority.HIGH


@pytest.mark.parametrize(("asked", "kept"), [(None, InDoubtPolicy.HOLD), (InDoubtPolicy.WAIT, InDoubtPolicy.WAIT)])
def test_the_callers_doubt_policy_goes_before_the_applications(
    zone: Zone, connection: EmailConnection, asked: InDoubtPolicy | None, kept: InDoubtPolicy
) -> None:
    application = factories.make_application(zone, in_doubt_policy=InDoubtPolicy.HOLD)
    accepted = accept(make_submission(zone, application=application, options={"in_doubt": asked}))
    assert accepted.message.in_doubt_policy == kept


# --- which reports are asked for


def test_notify_is_the_recipients_then_the_mails_then_the_applications_then_the_connections(
    zone: Zone, connection: EmailConnection
) -> None:
    application = factories.make_application(zone, registered_delivery=RegisteredDelivery.DELAY)
    plain = make_submission(zone, application=None)
    of_application = replace(plain, application=application)
    of_mail = make_submission(zone, application=application, options={"notify": "SUCCESS"})
    own = replace(of_mail, destinations=(Destination(Mailbox("ann@example.net"), notify="NEVER"),))
    assert [accept(s).recipients[0].notify for s in (own, of_mail, of_application, plain)] == [
        "NEVER",
        "SUCCESS",
        "SUCCESS,FAILURE,DELAY",
        "SUCCESS,FAILURE",
    ]


@pytest.mark.parametrize(
    ("address", "orcpt"),
    [
        ("Ann@example.net", "rfc822;Ann@example.net"),
        ("ann@bücher.example", "rfc822;ann@xn--bcher-kva.example"),
        ("dömi@example.net", "utf-8;dömi@example.net"),
    ],
)
def test_orcpt_is_the_address_as_given(zone: Zone, connection: EmailConnection, address: str, orcpt: str) -> None:
    assert accept(make_submission(zone, address)).recipients[0].orcpt == orcpt


def test_envid_is_the_message_id_unless_given(zone: Zone, connection: EmailConnection) -> None:
    message = accept(make_submission(zone)).message
    assert message.envid == str(message.pk)
    assert accept(make_submission(zone, options={"envid": "mine"})).message.envid == "mine"


def test_it_says_which_reports_to_expect(zone: Zone, connection: EmailConnection) -> None:
    connection.ehlo_features = {"DSN": ""}
    connection.save()
    accepted = accept(make_submission(zone))
    assert accepted.expected == {accepted.recipients[0].pk: ["success", "failure"]}


# --- the way out


def test_the_sandbox_has_no_connection(zone: Zone) -> None:
    accepted = accept(make_submission(zone, options={"sandbox": True}))
    assert accepted.ways == ()
    assert accepted.message.sandbox
    assert list(accepted.expected.values()) == [["success", "failure"]]


def test_the_caller_may_name_a_connection(zone: Zone, connection: EmailConnection) -> None:
    other = factories.make_connection(zone, "other")
    accepted = accept(make_submission(zone, options={"connection": "other"}))
    assert accepted.ways == (accepted.message.connection,) == (other,)


def test_an_unknown_connection_is_refused(zone: Zone, connection: EmailConnection) -> None:
    assert refusal(make_submission(zone, options={"connection": "x"})) == ("invalid_request", "connection")


def test_a_zone_without_an_enabled_connection_accepts_nothing(zone: Zone) -> None:
    factories.make_connection(zone, enabled=False)
    assert refusal(make_submission(zone)) == ("processor_unavailable", "")


# --- who may send


def test_a_disabled_application_is_refused(zone: Zone, connection: EmailConnection) -> None:
    application = factories.make_application(zone, enabled=False)
    assert refusal(make_submission(zone, application=application)) == ("application_disabled", "applicationName")


def test_an_application_of_another_zone_is_unknown(zone: Zone, connection: EmailConnection) -> None:
    stranger = factories.make_application(factories.make_zone("other"))
    assert refusal(make_submission(zone, application=stranger)) == ("unknown_application", "applicationName")


@pytest.mark.parametrize(
    ("domains", "sender", "allowed"),
    [
        ("example.com", "a@example.com", True),
        ("example.com", "a@mail.example.com", False),
        ("*.example.com", "a@mail.example.com", True),
        ("*.example.com", "a@example.com", False),
        ("*.example.com", "a@evilexample.com", False),
        ("one.example\nExample.COM", "a@example.com", True),
        ("bücher.example", "a@xn--bcher-kva.example", True),
    ],
)
def test_a_sender_is_of_the_zones_domains(
    zone: Zone, connection: EmailConnection, domains: str, sender: str, allowed: bool
) -> None:
    zone.sender_domains = domains
    submission = make_submission(zone, sender=Mailbox(sender))
    if allowed:
        assert accept(submission).message.sender == sender
    else:
        assert refusal(submission) == ("sender_not_allowed", "from")


@pytest.mark.parametrize(
    ("allowed", "sender", "code"),
    [
        ("shop@example.com", "shop@example.com", ""),
        ("@example.com", "any@example.com", ""),
        ("shop@example.com", "other@example.com", "sender_not_allowed"),
        ("shop@elsewhere.example", "shop@elsewhere.example", "sender_not_allowed"),
    ],
)
def test_a_sender_is_one_of_the_applications(
    zone: Zone, connection: EmailConnection, allowed: str, sender: str, code: str
) -> None:
    application = factories.make_application(zone, allowed_senders=allowed)
    submission = make_submission(zone, application=application, sender=Mailbox(sender))
    if code:
        assert refusal(submission) == (code, "from")
    else:
        assert accept(submission).message.sender == sender


# --- what is refused by name


def test_a_mail_needs_recipients(zone: Zone, connection: EmailConnection) -> None:
    assert refusal(make_submission(zone, destinations=())) == ("no_recipients", "to")


def test_recipients_are_limited(zone: Zone, connection: EmailConnection, settings: Settings) -> None:
    settings.EPM_RECIPIENT_LIMIT = 2
    assert refusal(make_submission(zone, "a@x.example", "b@x.example", "c@x.example")) == ("too_many_recipients", "to")


def test_attachments_are_limited_together(zone: Zone, connection: EmailConnection, settings: Settings) -> None:
    settings.EPM_MESSAGE_LIMIT = 1000
    half = AttachedFile("a", "text/plain", b"x" * 501)
    assert refusal(make_submission(zone, attachments=(half, half))) == ("message_too_large", "attachments")


STRUCTURAL = ["From", "to", "CC", "Bcc", "Date", "Subject", "Message-ID", "MIME-Version", "Content-Transfer-Encoding"]
STRUCTURAL += ["Content-Type", "DKIM-Signature", "Received", "Return-Path", "Sender", "Resent-To", "X-EPM-Message-Id"]


@pytest.mark.parametrize("name", STRUCTURAL)
def test_structural_headers_are_refused(zone: Zone, connection: EmailConnection, name: str) -> None:
    assert refusal(make_submission(zone, headers=((name, "x"),))) == ("invalid_request", "headers")


@pytest.mark.parametrize("poison", ["\r\nBcc: victim@example.net", "\n", "\r", "\0", "\x0b"])
@pytest.mark.parametrize(
    ("field", "named"),
    [
        (lambda text: {"subject": f"Hello{text}"}, "subject"),
        (lambda text: {"headers": (("X-Tag", f"a{text}"),)}, "headers"),
        (lambda text: {"headers": ((f"X-Tag{text}", "a"),)}, "headers"),
        (lambda text: {"sender": Mailbox("shop@example.com", f"Shop{text}")}, "from"),
        (lambda text: {"sender": Mailbox(f"shop{text}@example.com")}, "from"),
        (lambda text: {"destinations": (Destination(Mailbox("a@example.net", f"A{text}")),)}, "to"),
        (lambda text: {"destinations": (Destination(Mailbox(f"a@example.net{text}")),)}, "to"),
        (lambda text: {"options": {"reply_to": (Mailbox("a@example.net", text),)}}, "replyTo"),
        (lambda text: {"options": {"envid": f"a{text}"}}, "envid"),
        (lambda text: {"options": {"unsubscribe": f"https://example.com/{text}"}}, "unsubscribe"),
        (lambda text: {"attachments": (AttachedFile(f"a{text}", "text/plain", b""),)}, "attachments"),
        (lambda text: {"attachments": (AttachedFile("a", f"text/plain{text}", b""),)}, "attachments"),
    ],
)
def test_nothing_can_be_smuggled_into_a_header(
    zone: Zone, connection: EmailConnection, field: Callable[[str], dict[str, Any]], named: str, poison: str
) -> None:
    assert refusal(make_submission(zone, **field(poison))) == ("invalid_request", named)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"expire_at": timezone.now() - timedelta(1)}, "expireAt"),
        ({"expire_at": timezone.now() + timedelta(1), "send_at": timezone.now() + timedelta(2)}, "sendAt"),
        ({"tell_by": timezone.now() - timedelta(1)}, "tellBy"),
        ({"notify": "NEVER,SUCCESS"}, "notify"),
        ({"notify": "SOMETIMES"}, "notify"),
        ({"envid": "x" * 101}, "envid"),
        ({"unsubscribe": "http://example.com/"}, "unsubscribe"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    zone: Zone, connection: EmailConnection, options: dict[str, Any], field: str
) -> None:
    assert refusal(make_submission(zone, options=options)) == ("invalid_request", field)


@pytest.mark.parametrize("orcpt", ["ann@example.net", "rfc822;", "rfc822;dömi@example.net", "rfc822;" + "x" * 500])
def test_an_orcpt_without_form_is_refused(zone: Zone, connection: EmailConnection, orcpt: str) -> None:
    destination = Destination(Mailbox("ann@example.net"), orcpt=orcpt)
    assert refusal(make_submission(zone, destinations=(destination,))) == ("invalid_request", "orcpt")


def test_a_header_of_its_own_option_is_not_given_twice(zone: Zone, connection: EmailConnection) -> None:
    submission = make_submission(
        zone, headers=(("Reply-To", "a@example.net"),), options={"reply_to": (Mailbox("b@example.net"),)}
    )
    assert refusal(submission) == ("invalid_request", "headers")


def test_an_application_sends(application: Application, connection: EmailConnection) -> None:
    accepted = accept(make_submission(application.zone, application=application))
    assert accepted.recipients[0].application == application
