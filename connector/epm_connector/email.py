"""The connector for email: what an application of any channel calls to send mail."""

from collections.abc import Iterator, Mapping, Sequence
from time import monotonic, sleep
from typing import Any, ClassVar, TypeVar

from epm_connector import webhooks
from epm_connector.base import DataConnector
from epm_connector.calls import Call, Calls
from epm_connector.http import Http
from epm_connector.requests import Email
from epm_connector.results import Batch, Cancelled, Events, Launched, Sent, Status
from epm_connector.retrying import ATTEMPTS, retrying

T = TypeVar("T")
LONGEST_WAIT, MOST_EVENTS = 20, 200
"""What the platform allows: seconds of a long poll, events of a page."""
AGAIN = 1.0
"""Seconds until a follower asks again that was answered at once: too many others wait already."""


class EmailNotificationConnector(DataConnector):
    """A client of the platform at `endpoint` (https://epm.example.com), by one credential, for one email application.

    `application` may be empty where the credential belongs to exactly one. `signing_secrets` are the application's, for
    `verify`; two during a rotation. Calls are repeated up to `attempts` times where that can help, always under one
    idempotency key, so that nothing is done twice. `protocol` is rest or soap. May be used by several threads at once.
    All methods that call the platform raise ConnectorError.
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
        self._calls = Calls(application, protocol)
        self._http = Http(endpoint, credential, secret)
        self._signing_secrets, self._attempts = tuple(signing_secrets), attempts

    def send(self, message: Email) -> Sent:
        """Hand over a mail; answers when the platform has accepted it."""
        return self._done(self._calls.send(message))

    def send_batch(self, messages: Sequence[Email], *, idempotency_key: str = "") -> Batch:
        """Hand over up to a thousand mails; each is accepted or refused by itself, and the answer says which.

        A mail whose recipients bring substitutions becomes a mail of its own for each of them.
        """
        return self._done(self._calls.send_batch(messages, idempotency_key))

    def launch(
        self, message: Email, app_parameters: Mapping[str, str] | None = None, *, parent_id: str = ""
    ) -> Launched:
        """Launch the application as if `message` had arrived for it; answers when it runs."""
        return self._done(self._calls.launch(message, app_parameters, parent_id))

    def status(self, message_id: str) -> Status:
        """What became of a message."""
        return self._done(self._calls.status(message_id))

    def cancel(self, message_id: str) -> Cancelled:
        """Cancel what is still unsent of a message; answers for which recipients it was too late."""
        return self._done(self._calls.cancel(message_id))

    def events(self, after: str = "", *, wait: int = 0, limit: int = MOST_EVENTS, type: str = "") -> Events:
        """The page of events behind the cursor `after`, oldest first; waits up to `wait` seconds where there is none yet."""
        return self._done(self._calls.events(after, wait, limit, type))

    def follow(self, after: str = "", *, type: str = "") -> Iterator[Events]:
        """Pages of events without end, as they happen. Keep the `next` of each page when its events have been dealt with."""
        while True:
            asked_at = monotonic()
            page = self.events(after, wait=LONGEST_WAIT, type=type)
            if page.events:
                yield page
            elif monotonic() - asked_at < AGAIN:
                sleep(AGAIN)
            after = page.next

    def verify(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """The JSON of a call that the platform made to one of the application's URLs.

        Raises ConnectorError bad_signature where the call is not the platform's, or older than five minutes.
        """
        return webhooks.verified(headers, body, self._signing_secrets)

    def close(self) -> None:
        self._http.close()

    def _done(self, call: Call[T]) -> T:
        return call.read(retrying(lambda: self._tried(call), attempts=self._attempts))

    def _tried(self, call: Call[Any]) -> dict[str, Any]:
        if opening := call.opening():
            self._http.run(opening)
        return self._http.run(call.make())
