"""The connector for email in programs that await (asyncio)."""

from asyncio import sleep as pause
from collections.abc import AsyncIterator, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

from epm_connector import webhooks
from epm_connector.calls import Call, Calls
from epm_connector.email import AGAIN, LONGEST_WAIT, MOST_EVENTS
from epm_connector.http import AsyncHttp
from epm_connector.requests import Email
from epm_connector.results import Batch, Cancelled, Events, Launched, Sent, Status
from epm_connector.retrying import ATTEMPTS, retrying_async

T = TypeVar("T")


class AsyncEmailNotificationConnector:
    """EmailNotificationConnector with methods to be awaited; see there."""

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
        self._http = AsyncHttp(endpoint, credential, secret)
        self._signing_secrets, self._attempts = tuple(signing_secrets), attempts

    async def send(self, message: Email) -> Sent:
        """Hand over a mail; answers when the platform has accepted it."""
        return await self._done(self._calls.send(message))

    async def send_batch(self, messages: Sequence[Email], *, idempotency_key: str = "") -> Batch:
        """Hand over up to a thousand mails; each is accepted or refused by itself, and the answer says which."""
        return await self._done(self._calls.send_batch(messages, idempotency_key))

    async def launch(
        self, message: Email, app_parameters: Mapping[str, str] | None = None, *, parent_id: str = ""
    ) -> Launched:
        """Launch the application as if `message` had arrived for it; answers when it runs."""
        return await self._done(self._calls.launch(message, app_parameters, parent_id))

    async def status(self, message_id: str) -> Status:
        """What became of a message."""
        return await self._done(self._calls.status(message_id))

    async def cancel(self, message_id: str) -> Cancelled:
        """Cancel what is still unsent of a message; answers for which recipients it was too late."""
        return await self._done(self._calls.cancel(message_id))

    async def events(self, after: str = "", *, wait: int = 0, limit: int = MOST_EVENTS, type: str = "") -> Events:
        """The page of events behind the cursor `after`, oldest first; waits up to `wait` seconds where there is none yet."""
        return await self._done(self._calls.events(after, wait, limit, type))

    async def follow(self, after: str = "", *, type: str = "") -> AsyncIterator[Events]:
        """Pages of events without end, as they happen. Keep the `next` of each page when its events have been dealt with."""
        while True:
            asked_at = monotonic()
            page = await self.events(after, wait=LONGEST_WAIT, type=type)
            if page.events:
                yield page
            elif monotonic() - asked_at < AGAIN:
                await pause(AGAIN)
            after = page.next

    def verify(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """As EmailNotificationConnector.verify: nothing is waited for."""
        return webhooks.verified(headers, body, self._signing_secrets)

    async def close(self) -> None:
        """Give back what is held open."""
        await self._http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, type: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _done(self, call: Call[T]) -> T:
        return call.read(await retrying_async(lambda: self._tried(call), attempts=self._attempts))

    async def _tried(self, call: Call[Any]) -> dict[str, Any]:
        if opening := call.opening():
            await self._http.run(opening)
        return await self._http.run(call.make())
