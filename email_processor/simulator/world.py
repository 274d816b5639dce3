"""The simulated world: an SMTP server that behaves like the mail world behind it."""

import asyncio
import ssl
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, Self

import uvloop

from email_processor.simulator.behaviours import Wait
from email_processor.simulator.consequences import follow_ups
from email_processor.simulator.door import EXTENSIONS, Door, DoorOptions
from email_processor.simulator.envelope import EnvelopeRecipient, EnvelopeSender, ReceivedMail
from email_processor.simulator.maildir import MailFiles
from email_processor.simulator.postman import Postman

_REMEMBERED_ENVELOPES = 100_000
_BACKLOG = 1024
P = ParamSpec("P")


@dataclass(eq=False)
class SimulatedWorld:
    """Takes mail by SMTP on `host`:`port` (0: a free port) and treats each recipient as its local part says.

    Reports and answers go by SMTP to `report_to` (host, port), or nowhere. Times are in seconds, sizes in octets.
    `without` names EHLO keywords not to offer, `login` a name and password that AUTH demands, `tls` offers STARTTLS.
    The last `keep` mails, `keep_octets` in all, stay in `received`; with `maildir` each is written there as well.

        async with SimulatedWorld(report_to=("127.0.0.1", 2525), short_wait=0.01) as world:
            ... world.port ... await world.wait_for_mail(1, timeout=5)

    Raises OSError on entering if it cannot listen. It lives in the event loop it was entered in.
    """

    host: str = "127.0.0.1"
    port: int = 0
    report_to: tuple[str, int] | None = None
    short_wait: float = 2.0
    long_wait: float = 10.0
    slow_reply: float = 3.0
    retry_pause: float = 0.5
    patience: float = 3600.0
    queue_capacity: int = 20_000
    hostname: str = "mx.simulated.example"
    without: frozenset[str] = frozenset()
    size_limit: int = 50 * 1024 * 1024
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    keep: int = 10_000
    keep_octets: int = 256 * 1024 * 1024
    maildir: Path | None = None

    count: int = field(default=0, init=False)
    connections: int = field(default=0, init=False)
    _kept: deque[ReceivedMail] = field(default_factory=deque, init=False)
    _kept_octets: int = field(default=0, init=False)
    _seen: OrderedDict[tuple[str, str | None, str], None] = field(default_factory=OrderedDict, init=False)
    _doors: set[Door] = field(default_factory=set, init=False)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _postman: Postman = field(init=False)
    _files: MailFiles | None = field(default=None, init=False)
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)

    def __post_init__(self) -> None:
        if unknown := self.without - EXTENSIONS:
            raise ValueError(f"not an extension of this server: {', '.join(sorted(unknown))}")
        self._postman = Postman(self.hostname, self.report_to, self.retry_pause, self.patience, self.queue_capacity)
        self._waits = {Wait.NONE: 0.0, Wait.SHORT: self.short_wait, Wait.LONG: self.long_wait}

    async def __aenter__(self) -> Self:
        if self.maildir is not None:
            self._files = MailFiles(self.maildir)
        options = DoorOptions(
            self.hostname, EXTENSIONS - self.without, self.size_limit, self.slow_reply, self.tls, self.login
        )
        server = await asyncio.get_running_loop().create_server(
            lambda: self._open_door(options), self.host, self.port, backlog=_BACKLOG
        )
        self.port = server.sockets[0].getsockname()[1]
        self._exits.push_async_callback(self._close, server)
        await self._exits.enter_async_context(self._postman.working())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._exits.aclose()

    @property
    def received(self) -> list[ReceivedMail]:
        """The mails still kept, oldest first; `count` tells how many were taken in all."""
        return list(self._kept)

    @property
    def reports_posted(self) -> int:
        return self._postman.posted

    @property
    def reports_given_up(self) -> int:
        return self._postman.given_up

    async def wait_for_mail(self, n: int, timeout: float = 5.0) -> list[ReceivedMail]:
        """The kept mails, once `n` have been taken since the start. Raises TimeoutError after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while self.count < n:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise TimeoutError(f"{self.count} of {n} mails after {timeout:g} s") from None
        return self.received

    def is_first_sight(self, sender: EnvelopeSender, recipient: EnvelopeRecipient) -> bool:
        envelope = (sender.address, sender.envid, recipient.address)
        if envelope in self._seen:
            return False
        self._seen[envelope] = None
        if len(self._seen) > _REMEMBERED_ENVELOPES:
            self._seen.popitem(last=False)
        return True

    def take(self, sender: EnvelopeSender, recipients: tuple[EnvelopeRecipient, ...], content: bytes) -> int:
        mail = ReceivedMail(self.count + 1, sender, recipients, content, datetime.now(UTC))
        if self._files is not None:
            self._files.write(mail)
        self.count = mail.number
        self._keep(mail)
        for follow_up in follow_ups(mail, self.hostname):
            self._postman.post(follow_up.letter, self._waits[follow_up.wait])
        self._arrived.set()
        return mail.number

    def _keep(self, mail: ReceivedMail) -> None:
        self._kept.append(mail)
        self._kept_octets += len(mail.content)
        while len(self._kept) > self.keep or (self._kept_octets > self.keep_octets and len(self._kept) > 1):
            self._kept_octets -= len(self._kept.popleft().content)

    def _open_door(self, options: DoorOptions) -> Door:
        self.connections += 1
        return Door(self, options, self._doors)

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        for door in list(self._doors):
            await door.shut()
        await server.wait_closed()


class RunningWorld:
    """A world that runs in a thread of its own, to be used from synchronous code."""

    def __init__(self, world: SimulatedWorld, loop: asyncio.AbstractEventLoop) -> None:
        self._world = world
        self._loop = loop
        self.host = world.host
        self.port = world.port

    @property
    def received(self) -> list[ReceivedMail]:
        return self._world.received

    @property
    def count(self) -> int:
        return self._world.count

    @property
    def connections(self) -> int:
        return self._world.connections

    @property
    def reports_posted(self) -> int:
        return self._world.reports_posted

    def wait_for_mail(self, n: int, timeout: float = 5.0) -> list[ReceivedMail]:
        """As SimulatedWorld.wait_for_mail, blocking."""
        waiting = self._world.wait_for_mail(n, timeout)
        return asyncio.run_coroutine_threadsafe(waiting, self._loop).result()


def _in_a_thread(make: Callable[P, SimulatedWorld]) -> Callable[P, AbstractContextManager[RunningWorld]]:
    @contextmanager
    def running(*args: P.args, **kwargs: P.kwargs) -> Iterator[RunningWorld]:
        started: Future[tuple[RunningWorld, asyncio.Event]] = Future()
        thread = threading.Thread(
            target=_live, args=(make(*args, **kwargs), started), name="simulated-world", daemon=True
        )
        thread.start()
        world, stop = started.result()
        try:
            yield world
        finally:
            world._loop.call_soon_threadsafe(stop.set)
            thread.join()

    return running


def _live(world: SimulatedWorld, started: "Future[tuple[RunningWorld, asyncio.Event]]") -> None:
    async def live() -> None:
        stop = asyncio.Event()
        async with world:
            started.set_result((RunningWorld(world, asyncio.get_running_loop()), stop))
            await stop.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(live())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)


running_world = _in_a_thread(SimulatedWorld)
