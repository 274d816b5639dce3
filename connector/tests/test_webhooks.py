import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import pytest
from epm_connector import ConnectorError, EmailNotificationConnector

SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 24).decode()
BODY = b'{"type":"email.sent"}'


def signed(body: bytes = BODY, *, key: bytes = b"k" * 24, at: float | None = None) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.digest(key, b"id-1." + timestamp.encode() + b"." + body, hashlib.sha256)
    return {
        "Webhook-Id": "id-1",
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": "v1,c29tZXRoaW5nIGVsc2U= v1," + base64.b64encode(digest).decode(),
    }


@pytest.fixture
def connector() -> EmailNotificationConnector:
    return EmailNotificationConnector("http://127.0.0.1:9", "x", "y", signing_secrets=[OTHER, SECRET])


def test_it_reads_what_was_signed(connector: EmailNotificationConnector) -> None:
    assert connector.verify(signed(), BODY) == {"type": "email.sent"}


def test_it_knows_the_example_of_the_standard() -> None:
    """The published test vector of Standard Webhooks, checked at its own time."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    connector = EmailNotificationConnector("http://127.0.0.1:9", "x", "y", signing_secrets=[secret])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: 1614265330.0)
        assert connector.verify(headers, b'{"test": 2432232314}') == {"test": 2432232314}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (lambda: signed(), BODY + b" "),
        (lambda: signed(key=b"x" * 24), BODY),
        (lambda: signed(at=time.time() - 400), BODY),
        (lambda: signed(at=time.time() + 400), BODY),
        (lambda: signed() | {"Webhook-Id": "id-2"}, BODY),
        (lambda: signed() | {"Webhook-Timestamp": "now"}, BODY),
        (lambda: signed() | {"Webhook-Signature": "v1a,xyz"}, BODY),
        (dict, BODY),
    ],
)
def test_it_refuses_what_was_not(
    connector: EmailNotificationConnector, headers: Callable[[], dict[str, str]], body: bytes
) -> None:
    with pytest.raises(ConnectorError) as refusal:
        connector.verify(headers(), body)
    assert refusal.value.code == "bad_signature"


def test_it_trusts_nothing_without_a_secret() -> None:
    with pytest.raises(ConnectorError):
        EmailNotificationConnector("http://127.0.0.1:9", "x", "y").verify(signed(), BODY)
