"""The far side of the wire: a mail server that misbehaves step by step as it is told, and keeps its own record.

The record is what the fault suite counts by: every recipient of every mail whose final dot was read, unless the server
refused it, whether or not its answer could still be heard. It lives in the test's process, which nobody kills.
"""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto

from tests.faults.certificate import server_context
from tests.waiting import eventually


class Step(StrEnum):
    """What the server is about to answer."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "inside DATA"
    DOT = "the final dot"
    OTHER = "anything else"


class Act(Enum):
    """What a server may do instead of answering a line."""

    SILENT = auto()
    """Read on for ever and say nothing."""
    BREAK = auto()
    """Break the connection."""
    DRIP = auto()
    """Give the usual answer, byte by byte."""


@dataclass
class Dialogue:
    """One connection, counted from 1, and what went over it."""

    number: int
    client_port: int
    is_secure: bool = False
    mails: int = 0
    recipients: list[str] = field(default_factory=list)


Answer = bytes | Act | None
"""None is the usual answer."""
Fault = Callable[[Step, Dialogue], Answer]

_USUAL = {
    Step.GREETING: b"220 sink.example ESMTP\r\n",
    Step.STARTTLS: b"220 2.0.0 go ahead\r\n",
    Step.DATA: b"354 go ahead\r\n",
    Step.DOT: b"250 2.0.0 taken\r\n",
    Step.CONTENT: b"",
}
_OFFERS = ("DSN", "SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING")
_PAUSE = 0.002
"""Seconds between two bytes of an answer that drips."""


def healthy(step: Step, dialogue: Dialogue) -> Answer:
    """No fault at all."""
    return None


class FaultServer:
    """Answers as `fault` says. `taken` counts for every recipient how often it got a mail.

    `in_clear` counts mails begun without TLS on a server that offers it. Since it last began anew: `heard` counts steps,
    `answered_to` has the ports of clients whose mail was answered 250.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.port = 0
        self.starttls = False
        self.fault: Fault = healthy
        self.taken: Counter[str] = Counter()
        self.heard: Counter[Step] = Counter()
        self.answered_to: set[int] = set()
        self.in_clear = 0
        self._loop = loop
        self._dialogues = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._stalled_at: Step | None = None
        self._goes_on = asyncio.Event()

    def misbehave(self, fault: Fault) -> None:
        """Begin anew as a server with this fault: old connections are broken."""
        self._begin(fault, None)

    def stall(self, step: Step) -> None:
        """Begin anew as a server that stops at `step` until `go_on` or `heal`."""
        self._begin(healthy, step)

    def heal(self) -> None:
        """Begin anew as a healthy server."""
        self._begin(healthy, None)

    def go_on(self) -> None:
        """Let all that stalls have its usual answer."""
        self._stalled_at = None
        self._loop.call_soon_threadsafe(self._goes_on.set)

    def wait_until_heard(self, step: Step, times: int = 1) -> None:
        """Until this many clients have reached `step` since the server began anew."""
        eventually(lambda: self.heard[step] >= times, f"{times} times {step}", log=lambda: str(self.heard))

    def _begin(self, fault: Fault, stalled_at: Step | None) -> None:
        async def begin() -> None:
            for writer in self._open:
                writer.transport.abort()
            self.fault, self._stalled_at, self._dialogues = fault, stalled_at, 0
            self.heard.clear()
            self.answered_to.clear()
            # Those that stall look at the old event for ever; their connections are gone.
            self._goes_on = asyncio.Event()

        asyncio.run_coroutine_threadsafe(begin(), self._loop).result(timeout=10)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._dialogues += 1
        dialogue = Dialogue(self._dialogues, writer.get_extra_info("peername")[1])
        self._open.add(writer)
        try:
            await self._talk(dialogue, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            pass  # the client hung up, or was killed: that is what the suite does
        except asyncio.CancelledError:
            pass  # the server closes
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _talk(self, dialogue: Dialogue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer(Step.GREETING, dialogue, writer):
            return
        while line := await reader.readline():
            word = line.split(maxsplit=1)[0].upper().decode("ascii", "replace") if line.strip() else ""
            step = Step(word) if word in ("EHLO", "STARTTLS", "MAIL", "RCPT", "DATA") else Step.OTHER
            if step is Step.MAIL:
                dialogue.recipients.clear()
                self.in_clear += self.starttls and not dialogue.is_secure
            if step is Step.RCPT:
                dialogue.recipients.append(line.split(b"<", 1)[1].split(b">", 1)[0].decode())
            if word == "QUIT" or not await self._answer(step, dialogue, writer):
                return
            if step is Step.STARTTLS and self.fault(step, dialogue) is None:
                await writer.start_tls(server_context())
                dialogue.is_secure = True
            if step is Step.DATA and not await self._take(dialogue, reader, writer):
                return

    async def _take(self, dialogue: Dialogue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readline()
        if not await self._answer(Step.CONTENT, dialogue, writer):
            return False
        while (await reader.readuntil(b"\n")) != b".\r\n":
            pass
        dialogue.mails += 1
        return await self._answer(Step.DOT, dialogue, writer)

    async def _answer(self, step: Step, dialogue: Dialogue, writer: asyncio.StreamWriter) -> bool:
        """Answer `step`, or do what the fault says instead; says whether the dialogue goes on."""
        goes_on, stalls = self._goes_on, step is self._stalled_at
        answer = self.fault(step, dialogue)
        if step is Step.DOT:
            self._record(dialogue, answer)
        self.heard[step] += 1
        if stalls:
            await goes_on.wait()
        goes_on_talking = await self._say(answer, step, writer)
        if step is Step.DOT and answer is None:
            self.answered_to.add(dialogue.client_port)
        return goes_on_talking

    def _record(self, dialogue: Dialogue, answer: Answer) -> None:
        if not (isinstance(answer, bytes) and answer[:1] in (b"4", b"5")):
            self.taken.update(dialogue.recipients)

    async def _say(self, answer: Answer, step: Step, writer: asyncio.StreamWriter) -> bool:
        if answer is Act.BREAK:
            return False
        if answer is Act.SILENT:
            await asyncio.Event().wait()
        octets = answer if isinstance(answer, bytes) else self._usual(step)
        if answer is Act.DRIP:
            for octet in octets:
                writer.write(bytes([octet]))
                await asyncio.sleep(_PAUSE)
        else:
            writer.write(octets)
        await writer.drain()
        return not (octets.startswith(b"421") and step is not Step.EHLO)

    def _usual(self, step: Step) -> bytes:
        if step is not Step.EHLO:
            return _USUAL.get(step, b"250 2.0.0 fine\r\n")
        lines = ["sink.example", *_OFFERS, *(["STARTTLS"] if self.starttls else [])]
        return "".join(f"250{' ' if line is lines[-1] else '-'}{line}\r\n" for line in lines).encode()


@contextmanager
def running_server() -> Iterator[FaultServer]:
    """A healthy FaultServer on a free port of loopback."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fault server", daemon=True)
    thread.start()
    server = FaultServer(loop)

    async def start() -> asyncio.Server:
        return await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=2**20)

    async def stop(listening: asyncio.Server) -> None:
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    listening = asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=10)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(listening), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
