"""The examples run as they are printed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from email_processor.models import Message
from epm.choices import Channel
from epm.models import Application, Credential, EmailConnection, Zone
from notifications.signing import sign
from tests.factories import make_credential

EXAMPLES = settings.BASE_DIR / "examples"
LAUNCH = {"launch": {"from": "jo@example.net", "subject": ""}}
MESSAGE = {"from": "jo@example.net", "subject": "Hours?", "text": "When?", "automatic": False}


def run(*command: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    paths = {"PATH": os.environ["PATH"], "PYTHONPATH": str(settings.BASE_DIR / "connector")}
    return subprocess.run(command, env={**paths, **environment}, capture_output=True, text=True, timeout=60)


@pytest.fixture
def caller(live_server: LiveServer, credential: tuple[Credential, str], connection: EmailConnection) -> dict[str, str]:
    """The variables every example takes."""
    return {"EPM_ENDPOINT": live_server.url, "EPM_CREDENTIAL": credential[0].pk, "EPM_SECRET": credential[1]}


@pytest.mark.django_db(transaction=True)
def test_it_sends_and_asks_by_curl(caller: dict[str, str]) -> None:
    sent = json.loads(run(str(EXAMPLES / "curl/send.sh"), "jo@example.net", environment=caller).stdout)
    told = json.loads(run(str(EXAMPLES / "curl/status.sh"), sent["message_id"], environment=caller).stdout)
    assert told["message"]["id"] == str(Message.objects.get().pk)


@pytest.mark.django_db(transaction=True)
def test_it_sends_by_curl_over_soap(caller: dict[str, str]) -> None:
    told = run(str(EXAMPLES / "curl/send-soap.sh"), "jo@example.net", environment=caller).stdout
    assert f"messageID_returned>{Message.objects.get().pk}<" in told


@pytest.mark.django_db(transaction=True)
def test_it_sends_a_voicemail_once(caller: dict[str, str], zone: Zone, tmp_path: Path) -> None:
    credential, secret = make_credential(zone, channel=Channel.VOICE)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    voice = {**caller, "EPM_CREDENTIAL": credential.pk, "EPM_SECRET": secret}
    command = (
        sys.executable,
        str(EXAMPLES / "voice/voicemail.py"),
        "+49301",
        str(tmp_path / "a.wav"),
        "jo@x.example",
        "u-1",
    )
    assert "no notification" in run(*command, environment=voice).stdout
    assert run(*command, environment=voice).returncode == 0
    assert Message.objects.get().ucid == "u-1"


@pytest.mark.django_db(transaction=True)
def test_it_says_why_the_python_example_was_refused(caller: dict[str, str]) -> None:
    told = run(sys.executable, str(EXAMPLES / "python/send_and_follow.py"), "jo@", environment=caller)
    assert (told.returncode, told.stderr.startswith("not done: invalid_request (to[0])")) == (1, True)


class Running:
    """The example application as a process of its own, called as the platform calls it."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, application: Application) -> None:
        self._process, self._url, self._application = process, url, application

    def call(self, path: str, body: Any, *, at: datetime | None = None) -> httpx.Response:
        raw = json.dumps(body).encode()
        headers = sign(self._application, "id-1", at or timezone.now(), raw)
        return httpx.post(f"{self._url}{path}", content=raw, headers=headers)

    def printed(self) -> str:
        """The next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def example(application: Application) -> Iterator[Running]:
    environment = {**os.environ, "EPM_EXAMPLE_PORT": "0", "EPM_EXAMPLE_SECRET": application.signing_secret}
    command = [sys.executable, str(EXAMPLES / "application/application.py")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        yield Running(process, url, application)
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_the_application_greets_whom_a_launch_names(example: Running) -> None:
    answer = example.call("/application", {"event": LAUNCH}).json()
    assert (answer["actions"][0]["type"], answer["actions"][0]["to"]) == ("send", "jo@example.net")


def test_the_application_answers_a_mail(example: Running) -> None:
    answer = example.call("/application", {"event": {"message": MESSAGE}}).json()
    assert answer["actions"][0]["type"] == "reply"


def test_the_application_does_not_answer_a_machine(example: Running) -> None:
    assert example.call("/application", {"event": {"message": {**MESSAGE, "automatic": True}}}).content == b""


def test_the_application_prints_receipts(example: Running) -> None:
    receipt = {"action": "failed", "status": "5.1.1", "explanation": "No such mailbox."}
    event = {"receipt": receipt, "message": {}, "recipient": {"address": "jo@example.net"}}
    assert example.call("/application", {"event": event}).status_code == 200
    assert example.printed() == "receipt: jo@example.net failed 5.1.1: No such mailbox."


def test_the_application_prints_notifications(example: Running) -> None:
    body = {"type": "email.sent", "sequence": 1, "recipient": {"address": "jo@example.net"}}
    assert example.call("/notifications", body).status_code == 204
    assert example.printed() == "notification: email.sent jo@example.net (number 1)"


def test_the_application_refuses_what_is_not_signed_now(example: Running) -> None:
    assert example.call("/application", {"event": LAUNCH}, at=datetime(2026, 1, 1).astimezone()).status_code == 401
