"""The connector against the running platform: both protocols, one behaviour."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from epm_connector import (
    AsyncEmailNotificationConnector,
    Attachment,
    ConnectorError,
    Email,
    EmailNotificationConnector,
    To,
)
from pytest_django.live_server_helper import LiveServer

from email_processor.lifecycle import Move, advance
from email_processor.models import EventType, Message, Recipient, Session, State
from epm.models import Application, Credential, EmailConnection
from tests.receivers import Reply, receiver

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = Email(
    sender="Shop <shop@example.com>",
    to=["jo@example.net", '"Doe, Al" <al@example.net>'],
    bcc="b@example.net",
    subject="Größe; 1=1\\2",
    body="Hello",
    attachments=[Attachment("preis.csv", b"\x00\xffa;b")],
    headers={"X-Line": r"a;b=c\d"},
    parameters={"tag": ["a", "b;c"], "metadata": {"order": "17;18"}, "priority": "high", "notify": "SUCCESS,FAILURE"},
    ucid="u-1",
    session_id="s-1",
)


@pytest.fixture(params=["rest", "soap"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connector(
    protocol: str,
    live_server: LiveServer,
    settings: Any,
    credential: tuple[Credential, str],
    connection: EmailConnection,
) -> Iterator[EmailNotificationConnector]:
    settings.EPM_PUBLIC_URL = live_server.url
    with EmailNotificationConnector(
        live_server.url, credential[0].pk, credential[1], "orders", protocol, attempts=1
    ) as connector:
        yield connector


@pytest.fixture
def other(
    protocol: str, live_server: LiveServer, credential: tuple[Credential, str]
) -> Iterator[EmailNotificationConnector]:
    """The same caller over the other protocol."""
    it = {"rest": "soap", "soap": "rest"}[protocol]
    with EmailNotificationConnector(live_server.url, credential[0].pk, credential[1], "orders", it) as connector:
        yield connector


def test_it_sends(connector: EmailNotificationConnector) -> None:
    sent = connector.send(EMAIL)
    row = Message.objects.get()
    assert (sent.message_id, sent.application) == (str(row.pk), "main:orders")
    assert [(one.address, one.kind, one.state) for one in sent.recipients] == [
        ("jo@example.net", "to", "queued"),
        ("al@example.net", "to", "queued"),
        ("b@example.net", "bcc", "queued"),
    ]


def test_it_hands_over_every_field_unchanged(connector: EmailNotificationConnector) -> None:
    connector.send(EMAIL)
    row = Message.objects.get()
    mime = bytes(row.content.mime)
    assert (row.subject, row.tags, row.metadata) == (EMAIL.subject, ["a", "b;c"], {"order": "17;18"})
    assert (row.ucid, row.caller_session, row.get_priority_display()) == ("u-1", "s-1", "high")
    assert rb"X-Line: a;b=c\d" in mime
    assert b64encode(b"\x00\xffa;b") in mime
    assert Recipient.objects.get(address="al@example.net").name == "Doe, Al"


def test_it_says_more_of_a_recipient(connector: EmailNotificationConnector) -> None:
    jo = To("jo@example.net", 'Jo "the" Doe', ["SUCCESS", "DELAY"], "rfc822;jo@x.example", {"a": "b"})
    connector.send(Email(sender="shop@example.com", to=[jo], cc=["al@example.net", To("c@example.net")]))
    row = Recipient.objects.get(address="jo@example.net")
    assert (row.name, row.notify, row.orcpt) == ('Jo "the" Doe', "SUCCESS,DELAY", "rfc822;jo@x.example")
    assert (row.metadata, Recipient.objects.filter(kind="cc").count()) == ({"a": "b"}, 2)


def test_it_refuses_substitutions_outside_of_a_batch(connector: EmailNotificationConnector) -> None:
    with pytest.raises(ConnectorError, match="ubstitutions belong to"):
        connector.send(Email(sender="shop@example.com", to=[To("jo@example.net", substitutions={})]))


def test_it_puts_pictures_into_html(connector: EmailNotificationConnector) -> None:
    picture = Attachment("logo.png", b"\x89PNG", content_id="logo")
    shown = Email(sender="shop@example.com", to="jo@example.net", html="<img src='cid:logo'>", attachments=[picture])
    connector.send(shown)
    mime = bytes(Message.objects.get().content.mime)
    assert b"Content-ID: <logo>" in mime
    assert b"multipart/related" in mime


def test_it_sends_html(connector: EmailNotificationConnector) -> None:
    connector.send(Email(sender="shop@example.com", to="jo@example.net", html="<p>Hello</p>"))
    assert b"Content-Type: text/html" in bytes(Message.objects.get().content.mime)


def test_it_sends_once_under_one_key_over_both_protocols(
    connector: EmailNotificationConnector, other: EmailNotificationConnector
) -> None:
    email = Email(sender="shop@example.com", to="jo@example.net", body="Hello", idempotency_key="k-1")
    assert connector.send(email) == other.send(email)
    assert Message.objects.count() == 1


def test_it_launches(connector: EmailNotificationConnector, application: Application) -> None:
    with receiver() as running:
        Application.objects.filter(pk=application.pk).update(application_url=f"{running.url}/run")
        arriving = Email(sender=["jo@example.net", "al@example.net"], to="orders@example.com", subject="Hello")
        launched = connector.launch(arriving, {"step": "1;2"}, parent_id="p-1")
    session = Session.objects.get()
    assert (launched.session_id, session.parameters, session.parent) == (str(session.pk), {"step": "1;2"}, "p-1")


def test_it_tells_why_an_application_did_not_run(
    connector: EmailNotificationConnector, application: Application
) -> None:
    with receiver() as running:
        running.answers(Reply(500))
        Application.objects.filter(pk=application.pk).update(application_url=f"{running.url}/run")
        with pytest.raises(ConnectorError) as refusal:
            connector.launch(Email(sender="jo@example.net", to="orders@example.com"))
    assert (refusal.value.code, refusal.value.retryable) == ("launch_failed", True)


def test_it_cancels_what_is_unsent(connector: EmailNotificationConnector, other: EmailNotificationConnector) -> None:
    id = connector.send(EMAIL).message_id
    first = Recipient.objects.order_by("pk").first()
    assert first is not None
    Recipient.objects.filter(pk=first.pk).update(state=State.SENDING)
    cancelled = connector.cancel(id)
    assert [(one.state, one.cancelled) for one in cancelled.recipients] == [
        ("sending", False),
        *[("cancelled", True)] * 2,
    ]
    assert other.cancel(id) == cancelled


def test_it_sends_a_batch_whatever_the_protocol(connector: EmailNotificationConnector) -> None:
    to = [To("jo@example.net", substitutions={"name": "Jo"}), To("al@example.net", substitutions={})]
    merged = Email(sender="shop@example.com", to=to, body="Dear {{name}}")
    batch = connector.send_batch([EMAIL, merged, Email(sender="shop@example.com", to="jo@")])
    assert [(one.index, one.recipient, one.error and one.error.field) for one in batch.results] == [
        (0, None, None),
        (1, 0, None),
        (1, 1, "to[1].substitutions.name"),
        (2, None, "to[0]"),
    ]
    sent = {one.sent.message_id for one in batch.results if one.sent}
    assert sent == {str(row.pk) for row in Message.objects.all()}


def test_it_reads_events_by_cursor(connector: EmailNotificationConnector) -> None:
    connector.send(EMAIL)
    for recipient in Recipient.objects.all():
        Recipient.objects.filter(pk=recipient.pk).update(state=State.SENDING)
        advance([Move(recipient.pk, EventType.FAILED, State.FAILED, {"smtp": {"code": 550, "text": "No such user"}})])
    page = connector.events(limit=2)
    assert [(one.type, one.sequence, one.smtp and one.smtp["code"]) for one in page.events] == [
        ("email.failed", 1, 550)
    ] * 2
    assert page.events[0].message["ucid"] == "u-1"
    assert next(connector.follow(page.next)).events == connector.events(page.next).events
    assert len(connector.events(page.next).events) == 1


def test_it_does_the_same_awaited(
    protocol: str, connector: EmailNotificationConnector, live_server: LiveServer, credential: tuple[Credential, str]
) -> None:
    async def awaited() -> tuple[Any, Any, Any, Any]:
        who = (live_server.url, credential[0].pk, credential[1], "orders", protocol)
        async with AsyncEmailNotificationConnector(*who, attempts=1) as other:
            sent = await other.send(EMAIL)
            status = await other.status(sent.message_id)
            return sent, status, await other.cancel(sent.message_id), await other.events()

    sent, status, cancelled, events = asyncio.run(awaited())
    assert [one.state for one in status.recipients] == ["queued"] * 3
    assert connector.cancel(sent.message_id) == cancelled
    assert [(one.type, one.message["id"]) for one in events.events] == [("email.cancelled", sent.message_id)] * 3


def test_it_tells_the_same_status_over_both_protocols(
    connector: EmailNotificationConnector, other: EmailNotificationConnector
) -> None:
    id = connector.send(EMAIL).message_id
    smtp = {"code": 550, "enhanced": "5.1.1", "text": "No such user", "host": "mx.example.net", "tls": ""}
    for recipient in Recipient.objects.all():
        Recipient.objects.filter(pk=recipient.pk).update(state=State.SENDING)
        advance([Move(recipient.pk, EventType.FAILED, State.FAILED, {"smtp": smtp, "why": "Refused."})])
    status = connector.status(id)
    assert status == other.status(id)
    assert [one.state for one in status.recipients] == ["failed"] * 3
    assert status.recipients[0].events[1].smtp is not None


@pytest.mark.parametrize(
    ("email", "code", "field"),
    [
        (Email(sender="boss@elsewhere.example", to="jo@example.net"), "sender_not_allowed", "from"),
        (Email(sender="shop@example.com", to=[]), "no_recipients", "to"),
        (Email(sender="shop@example.com", to="jo@"), "invalid_request", "to[0]"),
        (
            Email(sender="shop@example.com", to="jo@example.net", parameters={"urgent": "x"}),
            "invalid_request",
            "urgent",
        ),
        (
            Email(sender="shop@example.com", to="jo@example.net", request_timeout=61),
            "invalid_request",
            "requestTimeout",
        ),
    ],
)
def test_it_refuses_the_same_over_both_protocols(
    connector: EmailNotificationConnector, email: Email, code: str, field: str
) -> None:
    with pytest.raises(ConnectorError) as refusal:
        connector.send(email)
    assert (refusal.value.code, refusal.value.field, refusal.value.retryable) == (code, field, False)


def test_it_refuses_characters_that_no_mail_can_hold(connector: EmailNotificationConnector) -> None:
    with pytest.raises(ConnectorError) as refusal:
        connector.send(Email(sender="shop@example.com", to="jo@example.net", subject="bell \x07"))
    assert refusal.value.code == "invalid_request"


def test_it_says_that_its_secret_is_wrong(
    protocol: str, live_server: LiveServer, credential: tuple[Credential, str]
) -> None:
    with (
        EmailNotificationConnector(live_server.url, credential[0].pk, "wrong", "orders", protocol) as stranger,
        pytest.raises(ConnectorError) as refusal,
    ):
        stranger.send(EMAIL)
    assert refusal.value.code == "not_authenticated"


def test_it_does_not_find_what_is_not_its_own(connector: EmailNotificationConnector) -> None:
    with pytest.raises(ConnectorError) as refusal:
        connector.status("00000000-0000-7000-8000-000000000000")
    assert refusal.value.code == "not_found"
