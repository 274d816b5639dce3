import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from epm.models import Application, Credential, EmailConnection

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

MAIL: Mapping[str, Any] = {
    "from": "shop@example.com",
    "to": ["jo@example.net"],
    "subject": "Hello",
    "body": "Hello, Jo.",
}


@dataclass
class Door:
    """A caller at the REST door."""

    credential: str
    secret: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def post(self, path: str, body: Any, **headers: str) -> "Answer":
        return self.raw(path, json.dumps(body).encode(), **headers)

    def raw(self, path: str, body: bytes, content_type: str = "application/json", **headers: str) -> "Answer":
        return self.client.post(f"/api/v1/{path}", body, content_type, headers=self._headers(headers))

    def get(self, path: str, **headers: str) -> "Answer":
        return self.client.get(f"/api/v1/{path}", headers=self._headers(headers))

    def send(self, **parameters: Any) -> "Answer":
        """sendEmail with MAIL, changed by `parameters`."""
        return self.post("emails", {**MAIL, **parameters})

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "Authorization": basic(self.credential, self.secret),
            **{k.replace("_", "-"): v for k, v in more.items()},
        }


def basic(credential: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{credential}:{secret}".encode()).decode()


@pytest.fixture
def door(credential: tuple[Credential, str], connection: EmailConnection, application: Application) -> Door:
    """The caller of the application `orders`, who can send."""
    row, secret = credential
    return Door(row.pk, secret)


def problem(answer: "Answer") -> tuple[int, str, str | None]:
    """Status, code and field of a problem."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    said = json.loads(answer.content)
    assert said["status"] == answer.status_code
    return answer.status_code, said["code"], said["field"]
