"""The connector for email: what an application of any channel calls to send mail."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol
from uuid import uuid4

from epm_connector import webhooks
from epm_connector.base import DataConnector
from epm_connector.errors import ConnectorError
from epm_connector.http import Http
from epm_connector.requests import Email
from epm_connector.rest import RestDoor
from epm_connector.results import Launched, Sent, Status
from epm_connector.retrying import ATTEMPTS, retrying
from epm_connector.soap import SoapDoor


class Door(Protocol):
    """The operations over one protocol; answers have the shape of the REST JSON. All raise ConnectorError."""

    def send(self, email: Email, application: str) -> dict[str, Any]: ...

    def launch(self, email: Email, application: str, further: dict[str, Any]) -> dict[str, Any]: ...

    def status(self, id: str) -> dict[str, Any]: ...


DOORS: Mapping[str, Callable[[Http], Door]] = {"rest": RestDoor, "soap": SoapDoor}


class EmailNotificationConnector(DataConnector):
    """A client of the platform at `endpoint` (https://epm.example.com), by one credential, for one email application.

    `application` may be empty where the credential belongs to exactly one. `signing_secrets` are the application's, for
    `verify`; two during a rotation. Calls are repeated up to `attempts` times where that can help, always under one
    idempotency key, so that nothing is done twice. `protocol` is rest or soap. May be used by several threads at once.
    """

    channel: ClassVar[str] = "email"

    def __init__(
        self,
        endpoint: str,
        credential: str,
        secret: str,
        application: str = "",
        protocol: str = "rest",
        *,
        signing_secrets: Sequence[str] = (),
        attempts: int = ATTEMPTS,
    ) -> None:
        if protocol not in DOORS:
            raise ValueError(f"protocol is {protocol!r}; expected {' or '.join(DOORS)}")
        self.application = application
        self._http = Http(endpoint, credential, secret)
        self._door = DOORS[protocol](self._http)
        self._signing_secrets, self._attempts = tuple(signing_secrets), attempts

    def send(self, message: Email) -> Sent:
        """Hand over a mail; answers when the platform has accepted it. Raises ConnectorError."""
        asked = _with_key(message)
        return Sent.of(self._retrying(lambda: self._door.send(asked, self.application)))

    def launch(
        self, message: Email, app_parameters: Mapping[str, str] | None = None, *, parent_id: str = ""
    ) -> Launched:
        """Launch the application as if `message` had arrived for it; answers when it runs. Raises ConnectorError."""
        asked = _with_key(message)
        given = {"appParameters": dict(app_parameters or {}), "parentID": parent_id}
        further = {name: value for name, value in given.items() if value}
        return Launched.of(self._retrying(lambda: self._door.launch(asked, self.application, further)))

    def status(self, message_id: str) -> Status:
        """What became of a message. Raises ConnectorError."""
        return Status.of(self._retrying(lambda: self._door.status(message_id)))

    def verify(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """The JSON of a call that the platform made to one of the application's URLs.

        Raises ConnectorError bad_signature where the call is not the platform's, or older than five minutes.
        """
        webhooks.check(headers, body, self._signing_secrets)
        payload = json.loads(body)
        if not isinstance(payload, dict):
            raise ConnectorError("unexpected_answer", "The signed body is not a JSON object.")
        return payload

    def close(self) -> None:
        self._http.close()

    def _retrying(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return retrying(call, attempts=self._attempts)


def _with_key(message: Email) -> Email:
    return message if message.idempotency_key else replace(message, idempotency_key=str(uuid4()))
