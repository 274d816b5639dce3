"""The open connections of a process: they outlive a wire, for the next mail to come, and are closed when nothing comes."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Thread

import uvloop
from django.conf import settings

from email_processor.outbound.dialling import dial
from email_processor.outbound.envelope import Envelope, Features
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import SendResult, Stage
from email_processor.outbound.smtp import Connection
from lib.background import RESOLVERS

log = logging.getLogger(__name__)

_OLDEST = 300.0
"""Seconds after which a connection is not used again, so that what changed in DNS or in a policy is seen."""
_CONTENT_FOR = 60.0
"""Seconds for which no more connections are opened than a server let in."""
_BEFORE_CONTENT = (Stage.MAIL, Stage.RCPT, Stage.DATA)
_NOT_NOW = "4.3.2"
"""The system is not accepting mails now (RFC 3463 3.4). Postscreen says it on each connection that it has tested, to the end."""

Opened = Connection | SendResult


def _nothing() -> None:
    """Nobody wants to know."""


class Pool:
    """The open connections to one server, at most `route.limit`, each carrying one mail at a time.

    Mails wait for any of them to come free, not for one of their own: a server that lets in fewer than we would open, or
    greets slowly, gets its mails over those it has let in.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self.greeting: Features | None = None
        """What the server offered when last greeted; whoever keeps it takes it."""
        self._idle: deque[tuple[Connection, float]] = deque()
        self._waiting: deque[asyncio.Future[Opened]] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._in_vain: list[SendResult] = []
        """What came of opening, while it is not yet clear whether others carry the mails."""
        self._lets_in = route.limit

    @property
    def _open(self) -> int:
        return self._busy + len(self._idle)

    @property
    def is_unused(self) -> bool:
        return not (self._idle or self._busy or self._waiting or self._opening)

    async def send(self, envelope: Envelope, past_recall: Callable[[], object] = _nothing) -> SendResult:
        """Hand over one mail as soon as a connection is free. See `Connection.send`."""
        while True:
            connection = await self._free()
            if isinstance(connection, SendResult):
                return connection
            is_fresh = not connection.mails
            result = await self._send_over(connection, envelope, past_recall)
            if is_fresh or not _was_stale(result):
                return result

    async def close(self, rested: float = 0.0) -> None:
        """Say goodbye on all connections that have been idle for `rested` seconds."""
        leaving, before = list[Connection](), time.monotonic() - rested
        while self._idle and self._idle[0][1] <= before:
            leaving.append(self._idle.popleft()[0])
        await asyncio.gather(*(connection.close() for connection in leaving))

    async def give_up(self) -> None:
        """Open no more, and say goodbye on those that are open."""
        opening = list(self._opening)
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        await self.close()

    async def _free(self) -> Opened:
        """A connection that is ours until `_send_over` has ended; or what came of opening one."""
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.is_at_rest:
                self._busy += 1
                return connection
            await connection.close()
        waiter: asyncio.Future[Opened] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._open_more()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            if not waiter.cancelled() and isinstance(given := waiter.result(), Connection):
                self._busy -= 1
                self._hand_on(given)
            raise

    async def _send_over(
        self, connection: Connection, envelope: Envelope, past_recall: Callable[[], object]
    ) -> SendResult:
        try:
            result = await connection.send(envelope, past_recall)
            if _is_over(connection, result):
                await connection.close()
            return result
        finally:
            self._busy -= 1
            self._take_back(connection)

    def _take_back(self, connection: Connection) -> None:
        if connection.is_at_rest:
            self._hand_on(connection)
        else:
            self._open_more()
            self._tell_what_was_in_vain()

    def _hand_on(self, connection: Connection) -> None:
        """To the mail that waits longest, if one does."""
        waiter = self._longest_waiting()
        if waiter is None:
            self._idle.append((connection, time.monotonic()))
        else:
            self._busy += 1
            waiter.set_result(connection)

    def _longest_waiting(self) -> "asyncio.Future[Opened] | None":
        """Taken out of the line. Who gave up waiting is passed over."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None

    def _open_more(self) -> None:
        """One for each mail that waits, as far as there is room."""
        room = self._lets_in - self._open - len(self._opening)
        for _ in range(min(room, len(self._waiting) - len(self._opening))):
            self._opening.add(asyncio.get_running_loop().create_task(self._open_one()))

    def _expect_more(self) -> None:
        self._lets_in = self.route.limit
        self._open_more()

    async def _open_one(self) -> None:
        try:
            opened = await dial(self.route)
        except Exception as bug:
            if (waiter := self._longest_waiting()) is not None:
                waiter.set_exception(bug)
        else:
            if isinstance(opened, Connection):
                self.greeting = opened.features
                self._hand_on(opened)
            else:
                self._in_vain.append(opened)
        finally:
            self._opening.discard(asyncio.current_task())
            self._tell_what_was_in_vain()

    def _tell_what_was_in_vain(self) -> None:
        """Where others were let in, the mails wait for those. Where none was and none is being opened, each connection that
        was not let in is told to one mail.
        """
        if self._open and self._in_vain:
            self._lets_in = self._open + len(self._opening)
            log.info("%s lets in no more than %d: %s", self.route.host, self._lets_in, self._in_vain[-1].text)
            self._in_vain.clear()
            asyncio.get_running_loop().call_later(_CONTENT_FOR, self._expect_more)
        if self._open or self._opening:
            return
        in_vain, self._in_vain = self._in_vain, []
        for trouble in in_vain:
            if (waiter := self._longest_waiting()) is not None:
                waiter.set_result(trouble)
        self._open_more()


def _is_over(connection: Connection, result: SendResult) -> bool:
    """Shall it carry no other mail? (RFC 5321 3.8: 421 announces that the server closes it.)"""
    is_given_up = result.code == 421 or result.enhanced == _NOT_NOW
    return is_given_up or not connection.is_at_rest or time.monotonic() - connection.opened_at > _OLDEST


def _was_stale(result: SendResult) -> bool:
    """Had the server given up the connection while it rested, or because of the mails before? (RFC 5321 3.8: 421 and close, or
    just close.) Then nothing is said of this one, and nothing of it was sent.
    """
    return (result.stage is Stage.MAIL and result.code is None) or (
        result.stage in _BEFORE_CONTENT and result.code == 421
    )


class Pools:
    """The pools of a process, and the loop they live in."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.loop.set_default_executor(ThreadPoolExecutor(RESOLVERS, "resolver"))
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
        await asyncio.gather(*(pool.give_up() for pool in self._pools.values()))

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
