"""The REST door: JSON there and back, RFC 9457 problems."""

from typing import Any
from urllib.parse import quote

import httpx

from epm_connector.errors import ConnectorError
from epm_connector.http import LOAD_TIMEOUT, Http, retry_after, stranger
from epm_connector.requests import Email


class RestDoor:
    """Calls the operations; answers are the REST JSON."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def send(self, email: Email, application: str) -> dict[str, Any]:
        return self._post("/api/v1/emails", email, _named(application))

    def launch(self, email: Email, application: str, further: dict[str, Any]) -> dict[str, Any]:
        return self._post("/api/v1/launches", email, _named(application) | further)

    def status(self, id: str) -> dict[str, Any]:
        return _answer(self._http.call("GET", f"/api/v1/emails/{quote(id, safe='')}", timeout=LOAD_TIMEOUT))

    def _post(self, path: str, email: Email, further: dict[str, Any]) -> dict[str, Any]:
        asked = email.as_json() | further
        return _answer(self._http.call("POST", path, timeout=email.request_timeout, json=asked))


def _named(application: str) -> dict[str, Any]:
    return {"applicationName": application} if application else {}


def _answer(response: httpx.Response) -> dict[str, Any]:
    body = _json(response)
    if response.is_success and body is not None:
        return body
    if body is None or not isinstance(body.get("code"), str):
        raise stranger(response)
    raise ConnectorError(
        body["code"],
        str(body.get("detail") or body.get("title") or ""),
        field=body.get("field") or "",
        retryable=bool(body.get("retryable")),
        retry_after=retry_after(response),
        incident=body.get("incident") or "",
    )


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
