"""The wire: an event loop in a thread of its own that hands mails over, many at once, and gives back what came of each.

The thread that owns the wire does all database work and never waits for a server; the loop never waits for the database. The
open connections belong to the process (see `pool`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar, cast

from email_processor.outbound.envelope import Envelope, Features
from email_processor.outbound.pool import pools
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import SendResult

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Posting(Generic[T]):
    """One mail for the wire: `item` comes back with the result. `envelope` is called on the wire's own time."""

    item: T
    route: Route
    envelope: Callable[[], Envelope]


class Wire(Generic[T]):
    """A context: `post` mails, `collect` what came of them. Leaving it gives up what is still on its way."""

    def __init__(self) -> None:
        self._pools = pools()
        self._results: SimpleQueue[tuple[T, SendResult | None]] = SimpleQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._recallable: dict[asyncio.Task[None], T] = {}
        """Those that run, whose content has not begun to leave, and that have no answer yet."""
        self.in_flight = 0
        """How many were posted and not collected."""

    def __enter__(self) -> "Wire[T]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            asyncio.run_coroutine_threadsafe(self._give_up(), self._pools.loop).result()

    def post(self, postings: Iterable[Posting[T]]) -> None:
        """Put mails on the wire and return at once."""
        posted = list(postings)
        self.in_flight += len(posted)
        self._pools.loop.call_soon_threadsafe(self._start, posted)

    def collect(self, timeout: float) -> list[tuple[T, SendResult | None]]:
        """What came back: waits up to `timeout` seconds for the first, and takes all there are.

        A result of None says that nothing has left: the mail was recalled, or a bug struck before, which the log has.
        """
        results: list[tuple[T, SendResult | None]] = []
        try:
            results.append(self._results.get(timeout=timeout))
            while True:
                results.append(self._results.get_nowait())
        except Empty:
            self.in_flight -= len(results)
            return results

    def recall(self, wanted: Callable[[T], bool]) -> None:
        """Take back what is `wanted`, asked on the wire's own time, and has not begun to leave."""
        self._pools.loop.call_soon_threadsafe(self._recall, wanted)

    def greeting(self, route: Route) -> Features | None:
        """What the server of a route offered, once for every time it was greeted."""
        return self._pools.take_greeting(route)

    def _start(self, postings: list[Posting[T]]) -> None:
        for posting in postings:
            task = self._pools.loop.create_task(self._carry(posting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _recall(self, wanted: Callable[[T], bool]) -> None:
        for task, item in self._recallable.items():
            if wanted(item):
                task.cancel()

    async def _carry(self, posting: Posting[T]) -> None:
        result, task = None, cast("asyncio.Task[None]", asyncio.current_task())
        past_recall = partial(self._recallable.pop, task, None)
        self._recallable[task] = posting.item
        try:
            result = await self._pools.of(posting.route).send(posting.envelope(), past_recall)
        except Exception:
            log.exception("a mail could not be put on the wire to %s", posting.route.host)
        finally:
            past_recall()
            self._results.put((posting.item, result))

    async def _give_up(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
