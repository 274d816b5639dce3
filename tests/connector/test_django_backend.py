from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.core.mail.backends.base import BaseEmailBackend
from epm_connector import ConnectorError
from pytest_django.live_server_helper import LiveServer

from email_processor.models import Message, Recipient
from epm.models import Credential, EmailConnection

pytestmark = pytest.mark.django_db(transaction=True)
WHO: dict[str, Any] = {"from_email": "shop@example.com", "to": ["jo@example.net"]}


@pytest.fixture
def backend(
    live_server: LiveServer, settings: Any, credential: tuple[Credential, str], connection: EmailConnection
) -> BaseEmailBackend:
    settings.EPM_CONNECTOR = {
        "endpoint": live_server.url,
        "credential": credential[0].pk,
        "secret": credential[1],
        "attempts": 1,
    }
    backend: BaseEmailBackend = get_connection("epm_connector.django_backend.EmailBackend")
    return backend


def test_it_sends_what_django_sends(backend: BaseEmailBackend) -> None:
    assert send_mail("Hello", "Text", "shop@example.com", ["jo@example.net"], connection=backend) == 1
    assert Message.objects.get().subject == "Hello"


def test_it_carries_everything(backend: BaseEmailBackend) -> None:
    mail = EmailMultiAlternatives("Hello", "Text", **WHO, bcc=["b@example.net"], reply_to=["r@example.com"])
    mail.attach_alternative("<p>HTML</p>", "text/html")
    mail.attach("a.csv", "a;b", "text/csv")
    mail.extra_headers["X-Campaign"] = "a"
    mail.epm_parameters = {"tag": "reset"}  # type: ignore[attr-defined]
    backend.send_messages([mail])
    row = Message.objects.get()
    mime = bytes(row.content.mime)
    assert all(part in mime for part in (b"<p>HTML</p>", b"X-Campaign: a", b"Reply-To: r@example.com", b"a.csv"))
    assert (row.tags, Recipient.objects.filter(kind="bcc").count()) == (["reset"], 1)
    assert mail.epm_sent.message_id == str(row.pk)  # type: ignore[attr-defined]


def test_it_sends_html_alone(backend: BaseEmailBackend) -> None:
    mail = EmailMessage("Hello", "<p>HTML</p>", **WHO)
    mail.content_subtype = "html"
    backend.send_messages([mail])
    assert b"Content-Type: text/html" in bytes(Message.objects.get().content.mime)


def test_it_puts_pictures_into_html(backend: BaseEmailBackend) -> None:
    mail = EmailMultiAlternatives("Hello", "Text", **WHO)
    mail.attach_alternative("<img src='cid:logo'>", "text/html")
    picture = MIMEImage(b"GIF89a", "gif")
    picture["Content-ID"] = "<logo>"
    mail.attach(picture)
    backend.send_messages([mail])
    mime = bytes(Message.objects.get().content.mime)
    assert all(part in mime for part in (b"multipart/related", b"Content-ID: <logo>", b"Content-Type: image/gif"))


def test_it_refuses_parts_it_cannot_carry(backend: BaseEmailBackend) -> None:
    mail = EmailMessage("Hello", "Text", **WHO)
    mail.attach(MIMEMultipart())
    with pytest.raises(ConnectorError, match="attachments"):
        backend.send_messages([mail])


def test_it_refuses_aloud(backend: BaseEmailBackend) -> None:
    with pytest.raises(ConnectorError, match="sender_not_allowed"):
        send_mail("Hello", "Text", "boss@elsewhere.example", ["jo@example.net"], connection=backend)


def test_it_fails_silently_where_it_was_told_to(backend: BaseEmailBackend) -> None:
    backend.fail_silently = True
    assert send_mail("Hello", "Text", "boss@elsewhere.example", ["jo@example.net"], connection=backend) == 0


def test_it_sends_nothing_to_nobody(backend: BaseEmailBackend) -> None:
    assert backend.send_messages([EmailMessage("Hello", "Text", "shop@example.com", [])]) == 0
