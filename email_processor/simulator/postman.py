"""Posts letters to one fixed next hop, patiently: an in-memory queue with retries."""

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

import aiosmtplib

from email_processor.simulator.answers import Letter

logger = logging.getLogger(__name__)

_CARRIERS = 4
_LONGEST_PAUSE = 30.0


class _Result(Enum):
    TAKEN = "taken"
    LATER = "asked to come later"
    REFUSED = "refused"
    AWAY = "the next hop is away"


@dataclass(order=True, slots=True)
class _Posting:
    due: float
    order: int
    letter: Letter = field(compare=False)
    give_up_at: float = field(compare=False)
    tries: int = field(default=0, compare=False)


@dataclass(eq=False)
class Postman:
    """`post` letters; while `working`, they are carried to `next_hop` in the order they fall due.

    A next hop that is away, or says 4xx, is tried again after `first_pause` seconds, doubling to 30 s; a letter older
    than `patience` seconds is given up and logged, as is one that meets a 5xx. At most `capacity` letters wait.
    """

    hostname: str
    next_hop: tuple[str, int] | None
    first_pause: float
    patience: float
    capacity: int
    posted: int = 0
    given_up: int = 0
    _queue: list[_Posting] = field(default_factory=list)
    _order: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _away_until: float = 0.0
    _away_tries: int = 0

    def post(self, letter: Letter, after: float) -> None:
        """Queue a letter for `after` seconds from now. Without a next hop, or when the queue is full, it is given up."""
        if self.next_hop is None:
            logger.debug("no next hop for reports; the one to <%s> is not sent", letter.recipient)
            self.given_up += 1
        elif len(self._queue) >= self.capacity:
            self._give_up(letter, f"{self.capacity} letters are waiting already")
        else:
            due = asyncio.get_running_loop().time() + after
            self._order += 1
            self._enqueue(_Posting(due, self._order, letter, give_up_at=due + self.patience))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        carriers = [asyncio.create_task(self._carry()) for _ in range(_CARRIERS)]
        try:
            yield
        finally:
            self._stopping = True
            for carrier in carriers:
                carrier.cancel()
            await asyncio.gather(*carriers, return_exceptions=True)
            if self._queue:
                logger.warning("stopped with %d letters not posted", len(self._queue))

    async def _carry(self) -> None:
        client: aiosmtplib.SMTP | None = None
        try:
            while not self._stopping:
                if client is not None and self._seconds_to_next() != 0:
                    await _hang_up(client)
                    client = None
                posting = await self._next()
                if posting is not None:
                    client = await self._try(posting, client)
        finally:
            if client is not None:
                client.close()

    async def _next(self) -> _Posting | None:
        """The next letter that is due, or None when the postman stops."""
        # A cancellation alone may be lost: asyncio.wait_for in Python 3.11 swallows one that meets a result.
        while not self._stopping and (seconds := self._seconds_to_next()) != 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
        return None if self._stopping else heapq.heappop(self._queue)

    def _seconds_to_next(self) -> float | None:
        """0 when a letter is due, None when none waits."""
        if not self._queue:
            return None
        return max(0.0, max(self._queue[0].due, self._away_until) - asyncio.get_running_loop().time())

    async def _try(self, posting: _Posting, client: aiosmtplib.SMTP | None) -> aiosmtplib.SMTP | None:
        """One try; answers the connection to use next, or None."""
        try:
            client = client or await self._connect()
            result, said = await _hand_over(client, posting.letter)
        except (aiosmtplib.SMTPException, OSError) as error:
            result, said = _Result.AWAY, str(error)
        except asyncio.CancelledError:
            self._enqueue(posting)
            raise
        except Exception:
            # A letter that cannot be written must not stop the others.
            logger.exception("could not write the letter to <%s>", posting.letter.recipient)
            self.given_up += 1
            return client
        self._settle(posting, result, said)
        if client is not None and result is _Result.AWAY:
            client.close()
        return client if client is not None and client.is_connected else None

    async def _connect(self) -> aiosmtplib.SMTP:
        assert self.next_hop is not None
        host, port = self.next_hop
        client = aiosmtplib.SMTP(hostname=host, port=port, local_hostname=self.hostname, start_tls=False, timeout=30)
        await client.connect()
        await client.ehlo()
        return client

    def _settle(self, posting: _Posting, result: _Result, said: str) -> None:
        if result is not _Result.AWAY:
            self._away_tries = 0
        if result is _Result.TAKEN:
            self.posted += 1
        elif result is _Result.REFUSED:
            self._give_up(posting.letter, said)
        elif asyncio.get_running_loop().time() >= posting.give_up_at:
            self._give_up(posting.letter, f"{result.value} for {self.patience:g} s: {said}")
        else:
            self._postpone(posting, result)

    def _postpone(self, posting: _Posting, result: _Result) -> None:
        now = asyncio.get_running_loop().time()
        if result is _Result.LATER:
            posting.due = now + self._pause(posting.tries)
            posting.tries += 1
        elif now >= self._away_until:
            # Whoever notices first pauses the whole queue: there is one next hop, and it is away for every letter.
            self._away_until = now + self._pause(self._away_tries)
            self._away_tries += 1
        self._enqueue(posting)

    def _pause(self, tries: int) -> float:
        return min(_LONGEST_PAUSE, self.first_pause * float(2 ** min(tries, 16)))

    def _enqueue(self, posting: _Posting) -> None:
        heapq.heappush(self._queue, posting)
        self._changed.set()

    def _give_up(self, letter: Letter, why: str) -> None:
        self.given_up += 1
        logger.error("gave up the letter to <%s>: %s", letter.recipient, why)


async def _hand_over(client: aiosmtplib.SMTP, letter: Letter) -> tuple[_Result, str]:
    content = letter.make(datetime.now(UTC))
    mail = [f"FROM:<{letter.sender}>".encode()]
    if not content.isascii() and client.supports_extension("8BITMIME"):
        mail.append(b"BODY=8BITMIME")
    if _needs_smtputf8(letter, content):
        mail.append(b"SMTPUTF8")
    for command in (b" ".join([b"MAIL", *mail]), f"RCPT TO:<{letter.recipient}>".encode()):
        response = await client.execute_command(command)
        if response.code // 100 != 2:
            if client.is_connected:
                await client.rset()
            return _result_of(response.code), f"{response.code} {response.message}"
    try:
        await client.data(content)
    except aiosmtplib.SMTPDataError as error:
        return _result_of(error.code), f"{error.code} {error.message}"
    return _Result.TAKEN, ""


def _needs_smtputf8(letter: Letter, content: bytes) -> bool:
    headers = content.partition(b"\r\n\r\n")[0]
    return not (letter.recipient.isascii() and letter.sender.isascii() and headers.isascii())


def _result_of(code: int) -> _Result:
    if code == 421:
        return _Result.AWAY
    return _Result.LATER if code // 100 == 4 else _Result.REFUSED


async def _hang_up(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
