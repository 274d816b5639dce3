"""The wire: an event loop in a thread of its own that hands mails over, many at once, and gives back what came of each.

The thread that owns the wire does all database work and never waits for a server; the loop never waits for the database.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

import uvloop

from email_processor.outbound.dialling import dial
from email_processor.outbound.envelope import Envelope, Features
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import SendResult, Stage
from email_processor.outbound.smtp import Connection

log = logging.getLogger(__name__)
T = TypeVar("T")


class Pool:
    """The open connections to one server, at most `route.limit`, each carrying one mail at a time."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.features: Features | None = None
        self._idle: deque[Connection] = deque()
        self._room = asyncio.Semaphore(route.limit)

    async def send(self, envelope: Envelope) -> SendResult:
        """Hand over one mail as soon as a connection is free."""
        async with self._room:
            connection = self._rested()
            if connection is not None:
                result = await self._send_over(connection, envelope)
                if not _was_stale(result):
                    return result
            fresh = await dial(self.route)
            if isinstance(fresh, SendResult):
                return fresh
            self.features = fresh.features
            return await self._send_over(fresh, envelope)

    async def close(self) -> None:
        """Say goodbye on all idle connections."""
        await asyncio.gather(*(connection.close() for connection in self._idle))
        self._idle.clear()

    def _rested(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _send_over(self, connection: Connection, envelope: Envelope) -> SendResult:
        result = await connection.send(envelope)
        if connection.is_open:
            self._idle.append(connection)
        return result


def _was_stale(result: SendResult) -> bool:
    """Had the server given up the connection while it rested? (RFC 5321 3.8: 421 and close, or just close.)"""
    return result.stage is Stage.MAIL and result.code in (None, 421)


@dataclass(frozen=True, slots=True)
class Posting(Generic[T]):
    """One mail for the wire: `item` comes back with the result. `envelope` is called on the wire's own time."""

    item: T
    route: Route
    envelope: Callable[[], Envelope]


class Wire(Generic[T]):
    """A context: `post` mails, `collect` what came of them. Leaving it closes all connections."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._results: SimpleQueue[tuple[T, SendResult | None]] = SimpleQueue()
        self._pools: dict[Route, Pool] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> "Wire[T]":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def post(self, postings: Iterable[Posting[T]]) -> None:
        """Put mails on the wire and return at once."""
        self._loop.call_soon_threadsafe(self._start, list(postings))

    def collect(self, timeout: float) -> list[tuple[T, SendResult | None]]:
        """What came back: waits up to `timeout` seconds for the first, and takes all there are.

        A result of None is a bug that struck before anything was on the wire; the log has it.
        """
        results: list[tuple[T, SendResult | None]] = []
        try:
            results.append(self._results.get(timeout=timeout))
            while True:
                results.append(self._results.get_nowait())
        except Empty:
            return results

    def features(self, route: Route) -> Features | None:
        """What the server of a route offered when last greeted on this wire."""
        pool = self._pools.get(route)
        return pool.features if pool else None

    def _start(self, postings: list[Posting[T]]) -> None:
        for posting in postings:
            task = self._loop.create_task(self._carry(posting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, posting: Posting[T]) -> None:
        result = None
        try:
            result = await self._pool(posting.route).send(posting.envelope())
        except Exception:
            log.exception("a mail could not be put on the wire to %s", posting.route.host)
        finally:
            self._results.put((posting.item, result))

    def _pool(self, route: Route) -> Pool:
        if route not in self._pools:
            self._pools[route] = Pool(route)
        return self._pools[route]

    async def _close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
