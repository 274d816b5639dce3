"""The REST door: JSON there and back, RFC 9457 problems."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from epm_connector.errors import error_of
from epm_connector.exchange import Exchange
from epm_connector.http import retry_after, stranger
from epm_connector.requests import Email

Answer = dict[str, Any]
BATCH_TIMEOUT = 120.0
"""Seconds a batch may take, of a thousand mails with attachments."""


class RestDoor:
    """The exchanges of the operations; answers are the REST JSON."""

    def opening(self) -> None:
        """Nothing has to be asked before the first call."""

    def send(self, email: Email, application: str) -> Exchange[Answer]:
        return _post("/api/v1/emails", email.as_json() | _named(application), email.request_timeout)

    def launch(self, email: Email, application: str, further: dict[str, Any]) -> Exchange[Answer]:
        return _post("/api/v1/launches", email.as_json() | _named(application) | further, email.request_timeout)

    def status(self, id: str) -> Exchange[Answer]:
        return Exchange("GET", f"/api/v1/emails/{_segment(id)}", _answer)

    def cancel(self, id: str) -> Exchange[Answer]:
        return Exchange("POST", f"/api/v1/emails/{_segment(id)}/cancel", _answer)

    def send_batch(self, emails: Sequence[Email], application: str, key: str) -> Exchange[Answer]:
        asked = {**_named(application), "idempotencyKey": key, "messages": [email.as_json() for email in emails]}
        return _post("/api/v1/emails/batch", asked, BATCH_TIMEOUT)

    def events(self, query: Mapping[str, Any], wait: int) -> Exchange[Answer]:
        given = {name: value for name, value in {**query, "wait": wait}.items() if value}
        return Exchange("GET", "/api/v1/events", _answer, timeout=wait + 30.0, parts={"params": given})


def _post(path: str, asked: Answer, timeout: float) -> Exchange[Answer]:
    return Exchange("POST", path, _answer, timeout=timeout, parts={"json": asked})


def _segment(id: str) -> str:
    return quote(id, safe="")


def _named(application: str) -> Answer:
    return {"applicationName": application} if application else {}


def _answer(response: httpx.Response) -> Answer:
    body = _json(response)
    if response.is_success and body is not None:
        return body
    if body is None or not isinstance(body.get("code"), str):
        raise stranger(response)
    raise error_of(body, retry_after(response))


def _json(response: httpx.Response) -> Answer | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
