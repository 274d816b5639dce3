"""The wire: an event loop in a thread of its own that hands mails over, many at once, and gives back what came of each.

The thread that owns the wire does all database work and never waits for a server; the loop never waits for the database. The
open connections belong to the process: they outlive a wire, for the next mail to come, and are closed when nothing comes.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

import uvloop
from django.conf import settings

from email_processor.outbound.dialling import dial
from email_processor.outbound.envelope import Envelope, Features
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import SendResult, Stage
from email_processor.outbound.smtp import Connection

log = logging.getLogger(__name__)
T = TypeVar("T")

_OLDEST = 300.0
"""Seconds after which a connection is not used again, so that what changed in DNS or in a policy is seen."""


class Pool:
    """The open connections to one server, at most `route.limit`, each carrying one mail at a time."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.greeting: Features | None = None
        """What the server offered when last greeted; whoever keeps it takes it."""
        self._idle: deque[tuple[Connection, float]] = deque()
        self._room = asyncio.Semaphore(route.limit)
        self._sending = 0

    @property
    def is_unused(self) -> bool:
        return not self._idle and not self._sending

    async def send(self, envelope: Envelope) -> SendResult:
        """Hand over one mail as soon as a connection is free."""
        self._sending += 1
        try:
            async with self._room:
                return await self._send(envelope)
        finally:
            self._sending -= 1

    async def close(self, rested: float = 0.0) -> None:
        """Say goodbye on all connections that have been idle for `rested` seconds."""
        leaving, before = list[Connection](), time.monotonic() - rested
        while self._idle and self._idle[0][1] <= before:
            leaving.append(self._idle.popleft()[0])
        await asyncio.gather(*(connection.close() for connection in leaving))

    async def _send(self, envelope: Envelope) -> SendResult:
        connection = await self._rested()
        if connection is not None:
            result = await self._send_over(connection, envelope)
            if not _was_stale(result):
                return result
        fresh = await dial(self.route)
        if isinstance(fresh, SendResult):
            return fresh
        self.greeting = fresh.features
        return await self._send_over(fresh, envelope)

    async def _rested(self) -> Connection | None:
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.is_at_rest:
                return connection
            await connection.close()
        return None

    async def _send_over(self, connection: Connection, envelope: Envelope) -> SendResult:
        result = await connection.send(envelope)
        now = time.monotonic()
        if now - connection.opened_at > _OLDEST:
            await connection.close()
        elif connection.is_open:
            self._idle.append((connection, now))
        return result


def _was_stale(result: SendResult) -> bool:
    """Had the server given up the connection while it rested? (RFC 5321 3.8: 421 and close, or just close.)"""
    return result.stage is Stage.MAIL and result.code in (None, 421)


class Pools:
    """The pools of a process, and the loop they live in."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._pools: dict[Route, Pool] = {}
        self._thread = Thread(target=self.loop.run_forever, name="wire", daemon=True)
        self._thread.start()
        self._reaping = asyncio.run_coroutine_threadsafe(self._reap(), self.loop)

    def of(self, route: Route) -> Pool:
        if route not in self._pools:
            self._pools[route] = Pool(route)
        return self._pools[route]

    def take_greeting(self, route: Route) -> Features | None:
        """What the server of a route offered, once for every time it was greeted."""
        pool = self._pools.get(route)
        if pool is None or pool.greeting is None:
            return None
        offered, pool.greeting = pool.greeting, None
        return offered

    def close(self) -> None:
        """Say goodbye to all servers, and end the loop."""
        self._reaping.cancel()
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    async def _reap(self) -> None:
        """Close what nobody needed for a while."""
        idle = settings.EPM_IDLE_CONNECTION_SECONDS
        while True:
            await asyncio.sleep(idle / 2)
            await asyncio.gather(*(pool.close(rested=idle) for pool in self._pools.values()))
            self._pools = {route: pool for route, pool in self._pools.items() if not pool.is_unused}


@lru_cache(maxsize=1)
def pools() -> Pools:
    """Those of this process; opened when first asked for."""
    return Pools()


def hang_up() -> None:
    """Close all that this process has open, if it has: before it ends."""
    if pools.cache_info().currsize:
        pools().close()
        pools.cache_clear()


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

        A result of None is a bug that struck before anything was on the wire; the log has it.
        """
        results: list[tuple[T, SendResult | None]] = []
        try:
            results.append(self._results.get(timeout=timeout))
            while True:
                results.append(self._results.get_nowait())
        except Empty:
            self.in_flight -= len(results)
            return results

    def greeting(self, route: Route) -> Features | None:
        """What the server of a route offered, once for every time it was greeted."""
        return self._pools.take_greeting(route)

    def _start(self, postings: list[Posting[T]]) -> None:
        for posting in postings:
            task = self._pools.loop.create_task(self._carry(posting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, posting: Posting[T]) -> None:
        result = None
        try:
            result = await self._pools.of(posting.route).send(posting.envelope())
        except Exception:
            log.exception("a mail could not be put on the wire to %s", posting.route.host)
        finally:
            self._results.put((posting.item, result))

    async def _give_up(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
