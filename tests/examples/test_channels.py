"""Applications of other channels, with the connector."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest

from email_processor.models import Message
from epm.choices import Channel
from epm.models import Application, Zone
from tests.examples.conftest import Serving, serving
from tests.factories import make_credential

pytestmark = pytest.mark.django_db(transaction=True)
RECORDING = b"RIFF\x00\xff\r\n\r\n\n\r"
TOLD = {
    "id": "n-1",
    "type": "email.bounced",
    "timestamp": "2027-01-01T00:00:00Z",
    "application": "orders",
    "zone": "main",
    "sequence": 2,
    "message": {"metadata": {"number": "+491"}},
    "recipient": {"address": "jo@example.net"},
    "receipt": {"explanation": "There is no such mailbox."},
}


@pytest.fixture
def voice(caller: dict[str, str], zone: Zone) -> Iterator[Serving]:
    credential, secret = make_credential(zone, channel=Channel.VOICE)
    named = {"EPM_CREDENTIAL": credential.pk, "EPM_SECRET": secret, "EPM_EXAMPLE_MAILBOX": "jo@example.net"}
    with serving("voice/voicemail.py", {**caller, **named}) as voice:
        yield voice


def leave_message(voice: Serving, ucid: str) -> httpx.Response:
    """As a voice browser submits a recording."""
    files: Any = {
        "caller": (None, "tel:+4930123456"),
        "ucid": (None, ucid),
        "recording": ("a.wav", RECORDING, "audio/x-wav"),
    }
    return httpx.post(f"{voice.url}/message", files=files)


def test_it_asks_for_a_message(voice: Serving) -> None:
    answer = httpx.get(voice.url)
    assert answer.headers["Content-Type"] == "application/voicexml+xml"
    assert '<submit next="/message"' in answer.text


def test_it_sends_a_voicemail_once(voice: Serving) -> None:
    assert "has been sent" in leave_message(voice, "u-1").text
    assert "no notification" in voice.printed()
    assert "has been sent" in leave_message(voice, "u-1").text
    row = Message.objects.get()
    assert (row.ucid, row.metadata) == ("u-1", {"caller": "tel:+4930123456"})
    mail = message_from_bytes(bytes(row.content.mime), policy=default)
    assert next(mail.iter_attachments()).get_content() == RECORDING


@pytest.fixture
def sms(caller: dict[str, str], application: Application) -> Iterator[Serving]:
    with serving("sms/sms.py", {**caller, "EPM_EXAMPLE_SECRET": application.signing_secret}) as sms:
        yield sms


def text(sms: Serving, words: str) -> int:
    return httpx.post(f"{sms.url}/sms", data={"from": "+491", "id": "4711", "text": words}).status_code


def test_it_sends_what_was_texted_once(sms: Serving) -> None:
    assert [text(sms, "jo@example.net See you at six") for _ in range(2)] == [204, 204]
    row = Message.objects.get()
    assert (row.subject, row.metadata, row.recipients.get().address) == (
        "SMS from +491",
        {"number": "+491"},
        "jo@example.net",
    )


def test_it_texts_back_what_was_refused(sms: Serving) -> None:
    text(sms, "jo@ See you at six")
    assert sms.printed().startswith("SMS to +491: Not sent to jo@: ")


def test_it_texts_back_what_came_back(sms: Serving, application: Application) -> None:
    assert sms.notify(application, "/notifications", TOLD).status_code == 204
    assert sms.printed() == "SMS to +491: Not delivered to jo@example.net: There is no such mailbox."


def test_it_believes_no_stranger(sms: Serving, application: Application) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert sms.notify(application, "/notifications", TOLD, at=at).status_code == 401
