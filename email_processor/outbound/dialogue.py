"""Lines to an SMTP server and its replies, as lean as a mail at a time allows: what is left once a connection is open.

Greeting, TLS and login are aiosmtplib's; then a Dialogue takes its transport over. It writes whatever it is given, so that
commands can go out together (RFC 2920), and hands out the replies one by one, in order.
"""

import asyncio
import re
from collections import deque
from typing import NamedTuple, cast

from email_processor.outbound.transcript import ASIDE, SERVER, US, Spoken

_REPLY_LINE = re.compile(rb"(\d{3})(?:([ -])(.*))?\Z", re.DOTALL)
_LONGEST_REPLY = 65_536
"""Octets that may have come since all replies were handed out."""


class Reply(NamedTuple):
    """`text` may be of several lines, without their codes."""

    code: int
    text: str


class Trouble(Exception):
    """The connection broke, the server talked nonsense or said nothing for too long. Says which, in words."""


class Dialogue(asyncio.Protocol):
    """Takes over an open transport on which no reply is awaited."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._lines: list[bytes] = []
        self._unread = 0
        self._replies: deque[Reply] = deque()
        self._trouble: Trouble | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.spoken: list[Spoken] = []
        """What was said since `overheard` was last asked."""
        self._may_write = asyncio.Event()
        self._may_write.set()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return self._trouble is None and not self._transport.is_closing()

    @property
    def is_at_rest(self) -> bool:
        """Is it open, and has the server said nothing but what it was asked? Else its next replies answer something else."""
        return self.is_open and not self._replies and not self._lines and not self._buffer

    @property
    def has_answered(self) -> bool:
        """Is there a reply nobody has asked for yet, or none to come any more?"""
        return bool(self._replies) or self._trouble is not None

    def say(self, commands: bytes) -> None:
        """Write what the transcript shows. Raises Trouble, where there was some since the last reply."""
        if self._trouble is not None:
            raise self._trouble
        self.spoken.append((US, commands))
        self._transport.write(commands)

    def write(self, content: bytes) -> None:
        """Write a piece of a mail, which the transcript does not show."""
        self._transport.write(content)

    def remark(self, words: str) -> None:
        """Leave a word of our own in the transcript."""
        self.spoken.append((ASIDE, words.encode() + b"\r\n"))

    def overheard(self) -> list[Spoken]:
        """What was said since this was last asked."""
        spoken, self.spoken = self.spoken, []
        return spoken

    async def flushed(self, timeout: float) -> None:
        """Until nearly all that was written has left, or the server has answered. Raises Trouble."""
        try:
            await asyncio.wait_for(self._may_write.wait(), timeout)
        except TimeoutError:
            raise Trouble(f"The server has taken nothing for {timeout:g} seconds.") from None
        if self._trouble is not None and not self._replies:
            raise self._trouble

    async def reply(self, timeout: float) -> Reply:
        """The next reply, waited for up to `timeout` seconds. Raises Trouble."""
        if not self._replies:
            await self._wait(timeout)
        if self._replies:
            next_one = self._replies.popleft()
            if not self._replies:
                self._unread = 0
            return next_one
        raise self._trouble or Trouble(f"The server has not answered within {timeout:g} seconds.")

    def drop(self) -> None:
        """Close at once: what is unsent stays unsent."""
        self._trouble = self._trouble or Trouble("Connection closed")
        self._transport.abort()

    async def _wait(self, timeout: float) -> None:
        if self._trouble is not None:
            return
        self._waiter = self._loop.create_future()
        timer = self._loop.call_later(timeout, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- what the transport calls

    def data_received(self, data: bytes) -> None:
        self.spoken.append((SERVER, data))
        self._unread += len(data)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        try:
            for line in lines:
                self._take(line.removesuffix(b"\r"))
            if self._unread > _LONGEST_REPLY:
                raise Trouble("The server's reply is endless.")
        except Trouble as trouble:
            self._trouble = trouble
            self._transport.abort()
        # A piece of a reply is no answer yet: whoever waits would take it for the end of waiting.
        if self.has_answered:
            self._wake()

    def _take(self, line: bytes) -> None:
        match = _REPLY_LINE.match(line)
        if match is None:
            raise Trouble(f"Malformed reply: {line[:100].decode('utf-8', 'replace')}")
        self._lines.append(match[3] or b"")
        if match[2] != b"-":
            text = b"\n".join(self._lines).decode("utf-8", "surrogateescape")
            self._replies.append(Reply(int(match[1]), text))
            self._lines = []

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._trouble = self._trouble or Trouble(f"Connection lost: {error}" if error else "Connection lost")
        self._may_write.set()
        self._wake()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()


def take_over(transport: asyncio.BaseTransport | None) -> Dialogue:
    """The dialogue on a transport that another protocol has opened."""
    return Dialogue(cast(asyncio.Transport, transport))
