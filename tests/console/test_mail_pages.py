"""The supporter's pages: finding a mail, and seeing all that became of it."""

import base64
import html
import re
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import DeliveryReceipt, EventType, Message, Recall, Recipient, Session, State
from epm.console.links import change_url
from epm.models import Application, Credential, EmailConnection, Zone
from notifications.models import Notification, NotificationState
from tests import factories
from tests.console.rows import make_receipt, make_story
from tests.console.test_configuration import text_of

pytestmark = pytest.mark.django_db
LISTS = (
    "email_processor_message",
    "email_processor_recipient",
    "email_processor_deliveryreceipt",
    "email_processor_inboundmessage",
    "email_processor_session",
    "notifications_notification",
)


def list_of(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


@pytest.mark.parametrize("name", LISTS)
def test_it_shows_each_list(support: Client, story: Message, name: str) -> None:
    assert "main:orders" in text_of(support.get(list_of(name)))


@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_however_long_they_are(
    support: Client, application: Application, django_assert_max_num_queries: Any, name: str
) -> None:
    for n in range(12):
        make_story(application, f"anna{n}@example.net")
    with django_assert_max_num_queries(12):
        support.get(list_of(name))


def test_it_shows_the_page_of_each_record(support: Client, story: Message) -> None:
    receipt = DeliveryReceipt.objects.get()
    rows = (
        story,
        story.recipients.get(),
        receipt,
        receipt.inbound,
        Session.objects.get(),
        Notification.objects.first(),
    )
    assert [support.get(change_url(row)).status_code for row in rows if row] == [200] * 6


@pytest.mark.parametrize(
    "words",
    [
        "2.0.0 Taken as 42",
        "S: 250 2.1.5 She lives here",
        "There is no such mailbox.",
        "Diagnostic-Code",
        "mailer-daemon@mx.example.net",
        "email.bounced",
        "HTTP 500",
        "the answer of the application",
        "noted in the order",
        "The last server reported",
    ],
)
def test_the_timeline_tells_everything_on_one_page(support: Client, story: Message, words: str) -> None:
    assert words in text_of(support.get(change_url(story.recipients.get())))


def test_the_timeline_is_in_order(support: Client, story: Message) -> None:
    page = text_of(support.get(change_url(story.recipients.get())))
    places = [page.index(words) for words in (">Accepted<", ">Sent<", ">Delivery receipt: failed 5.1.1<", ">Bounced<")]
    assert places == sorted(places)


def test_a_raw_report_is_text_and_never_markup(support: Client, story: Message) -> None:
    page = text_of(support.get(change_url(story.recipients.get())))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_raw_report_is_a_file_that_no_browser_shows(support: Client, story: Message) -> None:
    inbound = DeliveryReceipt.objects.get().inbound
    response = support.get(reverse("admin:email_processor_inboundmessage_source", args=[inbound.pk]))
    assert response["Content-Disposition"] == f'attachment; filename="{inbound.pk}.eml"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response.content == bytes(inbound.raw)


def test_the_timeline_costs_the_same_however_much_happened(
    support: Client, story: Message, django_assert_max_num_queries: Any
) -> None:
    recipient = story.recipients.get()
    for _ in range(10):
        make_receipt(recipient)
    with django_assert_max_num_queries(16):
        support.get(change_url(recipient))


@pytest.mark.parametrize("way", ["id", "message_id_header", "envid", "ucid", "address", "recipient"])
def test_it_finds_a_message(support: Client, story: Message, way: str) -> None:
    factories.make_message(story.zone, "other@example.net")
    recipient = story.recipients.get()
    term = {"address": "anna@EXAMPLE.net", "recipient": str(recipient.pk)}.get(way) or str(getattr(story, way))
    response = support.get(reverse("admin:find"), {"q": term})
    assert response["Location"] == change_url(recipient if way in ("recipient", "address") else story)


def test_it_lists_the_mails_where_there_are_several(support: Client, application: Application) -> None:
    for _ in range(2):
        factories.make_message(application.zone, "anna@example.net", application=application, subject="Both of them")
    response = support.get(reverse("admin:find"), {"q": "anna@example.net"}, follow=True)
    assert text_of(response).count(">Both of them<") == 2


@pytest.mark.parametrize("term", ["nobody@example.net", "%", "' OR 1=1 --", "0" * 300, "<>", "@"])
def test_it_finds_nothing_politely(support: Client, story: Message, term: str) -> None:
    response = support.get(reverse("admin:find"), {"q": term}, follow=True)
    assert response.status_code == 200
    assert "No results found" in text_of(response)


def test_it_bears_a_nul_in_what_is_looked_for(support: Client, story: Message) -> None:
    assert support.get(reverse("admin:find"), {"q": "\0"}, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=failed", True),
        ("action=delivered", False),
        ("matched=yes", True),
        ("matched=no", False),
        ("status=5", True),
        ("status=2", False),
        ("q=user_unknown", True),
        ("q=5.1.1", True),
        ("q=anna@example.net", True),
        ("q=mailbox_full", False),
        ("received_at_from=2000-01-01", True),
        ("received_at_to=2000-01-01", False),
        ("received_at_from=nonsense", True),
    ],
)
def test_it_filters_receipts(support: Client, story: Message, query: str, found: bool) -> None:
    page = text_of(support.get(f"{list_of('email_processor_deliveryreceipt')}?{query}"))
    assert (change_url(DeliveryReceipt.objects.get()) in page) is found


def test_it_says_why_a_receipt_is_in_quarantine(support: Client, zone: Zone) -> None:
    receipt = make_receipt(None, note="No key matched.")
    assert "No key matched." in text_of(support.get(change_url(receipt)))


def test_records_cannot_be_edited_even_by_the_highest(admin_client: Client, story: Message) -> None:
    recipient = story.recipients.get()
    admin_client.post(change_url(recipient), {"state": "delivered"})
    admin_client.post(reverse("admin:email_processor_recipient_delete", args=[recipient.pk]), {"post": "yes"})
    assert Recipient.objects.get().state == State.BOUNCED


def test_it_tells_again_what_was_given_up(support: Client, story: Message) -> None:
    notification = Notification.objects.first()
    assert notification is not None
    Notification.objects.update(state=NotificationState.ABANDONED, due_at=None)
    support.post(reverse("admin:notifications_notification_again", args=[notification.pk]))
    notification.refresh_from_db()
    assert notification.state == NotificationState.PENDING
    assert notification.due_at is not None
    assert notification.due_at <= timezone.now()


def in_doubt(application: Application) -> Recipient:
    message = factories.make_message(
        application.zone, "anna@example.net", recipient={"state": State.IN_DOUBT, "due_at": None}
    )
    found: Recipient = message.recipients.get()
    return found


def decide(client: Client, recipient: Recipient, choice: str) -> Any:
    url = reverse("admin:email_processor_recipient_decide", args=[recipient.pk])
    response = client.post(url, {"choice": choice}, follow=True)
    recipient.refresh_from_db()
    return response


def test_a_person_sends_again_what_is_in_doubt(support: Client, application: Application) -> None:
    recipient = in_doubt(application)
    decide(support, recipient, "requeue")
    assert recipient.state == State.QUEUED
    assert recipient.due_at is not None
    assert recipient.events.get(type=EventType.REQUEUED).data == {"why": "by hand: support"}


def test_a_person_who_comes_too_late_is_told(support: Client, application: Application) -> None:
    recipient = in_doubt(application)
    lifecycle.advance([Move(recipient.pk, EventType.BOUNCED, State.BOUNCED, by_receipt=True)])
    assert "Too late: it is bounced now." in text_of(decide(support, recipient, "requeue"))
    assert recipient.state == State.BOUNCED


def test_what_is_on_the_wire_can_be_taken_back(support: Client, application: Application) -> None:
    recipient = factories.make_message(application.zone, recipient={"state": State.SENDING}).recipients.get()
    assert "it is taken back unless" in text_of(decide(support, recipient, "cancel"))
    assert Recall.objects.get().why == "by hand: support"


def test_the_dashboard_counts_the_day(support: Client, story: Message) -> None:
    page = text_of(support.get(reverse("admin:index")))
    assert "1 recipient, by where they stand now" in page
    assert "in quarantine" in page


def test_the_dashboard_costs_the_same_however_much_mail_there_is(support: Client, application: Application) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            support.get(reverse("admin:index"))
        return len(captured)

    make_story(application, "anna@example.net")
    with_little = queries()
    for n in range(10):
        make_story(application, f"anna{n}@example.net")
    assert queries() == with_little <= 15


def test_the_dashboard_helps_a_newcomer(operator: Client, application: Application, settings: Any) -> None:
    page = text_of(operator.get(reverse("admin:index")))
    assert "Send your first mail" in page
    assert f"{settings.EPM_PUBLIC_URL}/api/v1/emails" in page


def test_the_line_shown_to_a_newcomer_works(operator: Client, credential: tuple[Credential, str]) -> None:
    row, secret = credential
    shown = html.unescape(text_of(operator.get(reverse("admin:index"))))
    body = re.search(r"-d '(.*?)'", shown)
    assert body is not None
    basic = base64.b64encode(f"{row.pk}:{secret}".encode()).decode()
    answer = Client().post(
        "/api/v1/emails", body[1], content_type="application/json", headers={"Authorization": f"Basic {basic}"}
    )
    assert f"curl -u {row.pk}:SECRET" in shown
    assert answer.status_code == 202, answer.content


def test_the_help_lists_the_simulated_recipients(support: Client, db: None) -> None:
    page = text_of(support.get(reverse("admin:help")))
    assert "bounce@simulated.example" in page
    assert "drop-dot-once@simulated.example" in page


def mail_form(**fields: Any) -> dict[str, Any]:
    return {
        "to": "bounce@simulated.example",
        "sender": "test@example.com",
        "subject": "Test",
        "text": "Hello",
        **fields,
    }


def url_for(row: Application | EmailConnection) -> str:
    return f"{reverse('admin:test_mail')}?{row._meta.model_name}={row.pk}"


def test_it_sends_a_test_mail_into_the_simulated_world(operator: Client, application: Application) -> None:
    response = operator.post(url_for(application), mail_form(sandbox="on"))
    recipient = Recipient.objects.get()
    assert response["Location"] == change_url(recipient)
    assert recipient.message.sandbox
    assert recipient.state == State.QUEUED


def test_it_sends_a_test_mail_by_a_connection(operator: Client, connection: EmailConnection) -> None:
    operator.post(url_for(connection), mail_form())
    assert Message.objects.get().connection == connection


def test_a_refused_test_mail_says_why_at_the_field(operator: Client, application: Application) -> None:
    page = text_of(operator.post(url_for(application), mail_form(sandbox="on", sender="me@example.org")))
    assert "The zone main may not send from example.org." in page
    assert not Message.objects.exists()


def test_support_sends_no_test_mail(support: Client, application: Application) -> None:
    assert support.post(url_for(application), mail_form()).status_code == 403
    assert "Send a test mail" not in text_of(support.get(change_url(application)))
