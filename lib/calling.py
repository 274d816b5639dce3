"""Calling many URLs for rows of a queue: take due rows, have them on the wire together, settle each as its answer comes.

The calling thread keeps the database, a thread beside it the sockets, so that no transaction is ever open across a call.
A server that is slow to answer holds up itself: one owner has at most half the places on the wire.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.utils import timezone

from lib import retry, stopping
from lib.background import BackgroundClient
from lib.http import Answer, Unreachable

T = TypeVar("T")

IN_FLIGHT = 100
PER_OWNER = 50
AT_ONCE = 25
"""How many rows one look at the queue takes: a row waits no longer for its settlement than that many others need."""
LOOK_AGAIN = 0.5
"""Seconds after which the queue is looked at again while calls are still unanswered."""

GONE = 410


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One POST to make for the row `errand`. A `refusal` says why it cannot be made; then it is settled as Unreachable."""

    errand: T
    owner: UUID
    url: str
    content: bytes
    headers: dict[str, str]
    timeout: float
    limit: int
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Called(Generic[T]):
    """What came of a Call."""

    call: Call[T]
    outcome: Answer | Unreachable
    at: datetime


def problem(outcome: Answer | Unreachable) -> str:
    """What is wrong with the outcome, in words; empty after a 2xx."""
    if isinstance(outcome, Unreachable):
        return outcome.reason
    if outcome.is_success:
        return ""
    if 300 <= outcome.status < 400:
        return f"the server answered {outcome.status}: redirects are not followed"
    return f"the server answered {outcome.status}"


def next_call(attempts: int, outcome: Answer | Unreachable, now: datetime) -> datetime | None:
    """When to call again after `attempts` calls of which `outcome` was the last; None: never (used up, or 410 Gone)."""
    delay = retry.next_try(retry.NOTIFICATIONS, attempts)
    if delay is None or (isinstance(outcome, Answer) and outcome.status == GONE):
        return None
    asked = outcome.retry_after(now) if isinstance(outcome, Answer) else None
    return retry.not_before(asked, now + delay)


def call_while_due(
    take: Callable[[int, Collection[UUID]], Sequence[Call[T]]], settle: Callable[[Sequence[Called[T]]], None]
) -> int:
    """Make calls while there are due rows; says how many were made.

    `take(limit, busy)` claims up to `limit` rows, none of the owners `busy`; `settle` writes what came of some of them.
    """
    with BackgroundClient() as client:
        return _Round(client, take, settle).run()


class _Round(Generic[T]):
    def __init__(
        self,
        client: BackgroundClient,
        take: Callable[[int, Collection[UUID]], Sequence[Call[T]]],
        settle: Callable[[Sequence[Called[T]]], None],
    ) -> None:
        self._client, self._take, self._settle = client, take, settle
        self._flying: dict[Future[Answer], tuple[Call[T], datetime]] = {}
        self._faults: list[Exception] = []

    def run(self) -> int:
        count = 0
        while True:
            called = self._start(self._take_more())
            if not called and not self._flying:
                break
            called += self._landed(0 if called else LOOK_AGAIN)
            if called:
                self._settle(called)
            count += len(called)
        # A bug met on one call: the others were settled first, so that they are not made twice.
        if self._faults:
            raise self._faults[0]
        return count

    def _take_more(self) -> Sequence[Call[T]]:
        if self._faults or stopping.is_asked() or len(self._flying) + AT_ONCE > IN_FLIGHT:
            return []
        owners = Counter(call.owner for call, _ in self._flying.values())
        busy = [owner for owner, places in owners.items() if places + AT_ONCE > PER_OWNER]
        return self._take(AT_ONCE, busy)

    def _start(self, calls: Sequence[Call[T]]) -> list[Called[T]]:
        """Put the calls on the wire; answers those that cannot be made."""
        refused = []
        for call in calls:
            now = timezone.now()
            if call.refusal:
                refused.append(Called(call, Unreachable(call.refusal), now))
                continue
            answer = self._client.post(
                call.url, content=call.content, headers=call.headers, timeout=call.timeout, limit=call.limit
            )
            self._flying[answer] = (call, now)
        return refused

    def _landed(self, patience: float) -> list[Called[T]]:
        """Calls whose outcome is known, waiting up to `patience` seconds for the first."""
        landed = []
        for future in wait(self._flying, timeout=patience, return_when=FIRST_COMPLETED).done:
            call, at = self._flying.pop(future)
            try:
                landed.append(Called(call, future.result(), at))
            except Unreachable as outcome:
                landed.append(Called(call, outcome, at))
            except Exception as fault:
                self._faults.append(fault)
        return landed
