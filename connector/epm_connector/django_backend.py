"""Sends all mail of a Django project through the platform, by one setting:

EMAIL_BACKEND = "epm_connector.django_backend.EmailBackend"
EPM_CONNECTOR = {"endpoint": "https://epm.example.com", "credential": "epm-…", "secret": "…", "application": "orders"}

The members of EPM_CONNECTOR are the arguments of EmailNotificationConnector. A message may carry `epm_parameters`, a mapping of
the platform's emailParameters; after sending it carries `epm_sent`, what the platform answered.
"""

from collections.abc import Sequence
from email.message import Message
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from epm_connector.email import EmailNotificationConnector
from epm_connector.errors import ConnectorError
from epm_connector.requests import Attachment, Email


class EmailBackend(BaseEmailBackend):
    """A Django email backend. Every message is accepted, or refused with a ConnectorError, by itself."""

    def __init__(self, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._connector: EmailNotificationConnector | None = None

    def open(self) -> bool:
        """Make the connector; says whether it was made now."""
        if self._connector is not None:
            return False
        self._connector = EmailNotificationConnector(**settings.EPM_CONNECTOR)  # type: ignore[misc]  # the other project names it
        return True

    def close(self) -> None:
        if self._connector is not None:
            self._connector.close()
            self._connector = None

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Hand over the messages; answers how many were accepted. Raises ConnectorError, unless `fail_silently`."""
        made_now = self.open()
        try:
            return sum(self._send(message) for message in email_messages if message.recipients())
        finally:
            if made_now:
                self.close()

    def _send(self, message: EmailMessage) -> bool:
        assert self._connector is not None
        try:
            message.epm_sent = self._connector.send(_email(message))  # type: ignore[attr-defined]
        except ConnectorError:
            if not self.fail_silently:
                raise
            return False
        return True


def _email(message: EmailMessage) -> Email:
    """`message` as the platform takes it. Raises ConnectorError invalid_request for what it cannot carry."""
    text, html = _bodies(message)
    reply_to = {"replyTo": list(message.reply_to)} if message.reply_to else {}
    return Email(
        sender=message.from_email,
        to=list(message.to),
        cc=list(message.cc),
        bcc=list(message.bcc),
        subject=str(message.subject),
        body=text,
        html=html,
        attachments=[_attachment(attachment) for attachment in message.attachments],
        headers={name: str(value) for name, value in message.extra_headers.items()},
        parameters=reply_to | getattr(message, "epm_parameters", {}),
    )


def _bodies(message: EmailMessage) -> tuple[str, str]:
    """Text and HTML."""
    body, alternatives = str(message.body), getattr(message, "alternatives", None) or []
    if message.content_subtype == "html" and not alternatives:
        return "", body
    if (
        message.content_subtype != "plain"
        or any(type != "text/html" for _, type in alternatives)
        or len(alternatives) > 1
    ):
        raise ConnectorError(
            "invalid_request", "A mail is text, HTML, or text with one HTML alternative.", field="body"
        )
    return body, str(alternatives[0][0]) if alternatives else ""


def _attachment(attachment: Any) -> Attachment:
    if isinstance(attachment, Message):
        return _part(attachment)
    name, content, type = attachment
    if not isinstance(content, str | bytes):
        raise ConnectorError("invalid_request", "A mail inside a mail is not carried.", field="attachments")
    return Attachment(name or "attachment", content.encode() if isinstance(content, str) else content, type or "")


def _part(part: "Message[Any, Any]") -> Attachment:
    """A MIME part, as Django's documents attach a picture that the HTML shows."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise ConnectorError("invalid_request", "A part made of parts is not carried.", field="attachments")
    id = str(part.get("Content-ID", "")).strip().strip("<>")
    shown = id if part.get_content_disposition() in (None, "inline") else ""
    return Attachment(part.get_filename() or id or "attachment", content, part.get_content_type(), shown)
