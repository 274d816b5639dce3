"""The door of the simulated world: one SMTP connection.

aiosmtpd reads commands and does TLS and AUTH; MAIL, RCPT and DATA are answered here, because aiosmtpd knows no DSN
parameters (RFC 3461) and reads a mail line by line.
"""

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import AnyStr, Protocol, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from email_processor.simulator.behaviours import Behaviour, Break, behaviour_of
from email_processor.simulator.envelope import BadCommand, EnvelopeRecipient, EnvelopeSender, read_mail, read_rcpt

EXTENSIONS = frozenset({"DSN", "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "ENHANCEDSTATUSCODES"})
_COMMAND_LIMIT = 4096
_END_OF_DATA = b"\r\n.\r\n"
_ENHANCED_CODE = re.compile(r"(?m)^(\d{3}[ -])\d\.\d{1,3}\.\d{1,3} ")
_STARTS_LIKE_THE_END = (b".", b"\r")


class Keeper(Protocol):
    """What the door asks of the world behind it."""

    def is_first_sight(self, sender: EnvelopeSender, recipient: EnvelopeRecipient) -> bool:
        """Whether this return path, ENVID and recipient come together for the first time."""
        ...

    def take(self, sender: EnvelopeSender, recipients: tuple[EnvelopeRecipient, ...], content: bytes) -> int:
        """Keep a mail and answer its number."""
        ...


@dataclass(frozen=True, slots=True)
class DoorOptions:
    """`size_limit` in octets, `slow_reply` in seconds, `login` a name and password that AUTH then demands."""

    hostname: str
    offered: frozenset[str] = EXTENSIONS
    size_limit: int = 50 * 1024 * 1024
    slow_reply: float = 3.0
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Guest:
    """A recipient let in, how to treat it, and whether its replies and breaks still apply."""

    recipient: EnvelopeRecipient
    behaviour: Behaviour
    applies: bool


class Door(SMTP):
    """One connection. `doors` is the set of open ones, which it joins and leaves by itself."""

    command_size_limit = _COMMAND_LIMIT
    command_size_limits = defaultdict(lambda: _COMMAND_LIMIT)

    def __init__(self, keeper: Keeper, options: DoorOptions, doors: set["Door"]) -> None:
        # StreamReader's limit is aiosmtpd's line limit: a whole mail is read as one "line" up to the final dot.
        self.line_length_limit = options.size_limit
        self._keeper = keeper
        self._options = options
        self._doors = doors
        self._sender: EnvelopeSender | None = None
        self._guests: list[_Guest] = []
        super().__init__(
            None,
            hostname=options.hostname,
            ident="simulated world",
            data_size_limit=options.size_limit,
            enable_SMTPUTF8="SMTPUTF8" in options.offered,
            tls_context=options.tls,
            auth_require_tls=False,
            authenticator=_authenticator(options.login) if options.login else None,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._doors.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._doors.discard(self)
        super().connection_lost(error)

    async def shut(self) -> None:
        """Break the connection off and wait until nothing of it runs any more."""
        self._break_off()
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine])

    async def push(self, status: AnyStr) -> None:
        if isinstance(status, str) and "ENHANCEDSTATUSCODES" not in self._options.offered:
            await super().push(_ENHANCED_CODE.sub(r"\1", status))
            return
        await super().push(status)

    async def handle_exception(self, error: Exception) -> str:
        await super().handle_exception(error)  # logs it
        return "451 4.3.0 Something is broken here"

    async def smtp_EHLO(self, hostname: str | None) -> None:  # noqa: N802
        if not hostname:
            await self.push("501 5.5.4 EHLO needs a name")
            return
        assert self.session is not None
        self._set_rset_state()
        self.session.extended_smtp = True
        self.session.host_name = hostname
        *lines, last = [self.hostname, *self._keywords()]
        await self.push("".join(f"250-{line}\r\n" for line in lines) + f"250 {last}")

    def _keywords(self) -> list[str]:
        keywords = sorted(self._options.offered - {"SIZE"})
        if "SIZE" in self._options.offered:
            keywords.append(f"SIZE {self._options.size_limit}")
        if self._options.tls and not self._tls_protocol:
            keywords.append("STARTTLS")
        if self._options.login:
            keywords.append("AUTH LOGIN PLAIN")
        return [*keywords, "HELP"]

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        assert self.session is not None
        if await self.check_helo_needed():
            return
        if self._options.login and not self.session.authenticated:
            await self.push("530 5.7.0 Log in first")
            return
        if self._sender is not None:
            await self.push("503 5.5.1 MAIL was given already")
            return
        try:
            sender = read_mail(arg, self._offered_now(), self._options.size_limit)
        except BadCommand as bad:
            await self.push(bad.reply)
            return
        if reply := behaviour_of(sender.address).mail_reply:
            await self._refuse(reply)
            return
        self._sender = sender
        await self.push("250 2.1.0 Sender noted")

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        if self._sender is None:
            await self.push("503 5.5.1 MAIL comes first")
            return
        try:
            recipient = read_rcpt(arg, self._offered_now(), self._sender.smtputf8)
        except BadCommand as bad:
            await self.push(bad.reply)
            return
        behaviour = behaviour_of(recipient.address)
        applies = not behaviour.once or self._keeper.is_first_sight(self._sender, recipient)
        if behaviour.slow:
            await asyncio.sleep(self._options.slow_reply)
        if applies and behaviour.rcpt_reply:
            await self._refuse(behaviour.rcpt_reply)
            return
        self._guests.append(_Guest(recipient, behaviour, applies))
        await self.push("250 2.1.5 Recipient noted")

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        if self._sender is None or not self._guests:
            await self.push("503 5.5.1 MAIL and RCPT come first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 Go ahead, end with a dot on a line of its own")
        if self._breaks(Break.INSIDE_DATA):
            await self._reader.readexactly(1)
            self._break_off()
            return
        content = await self._read_content()
        sender, guests = self._sender, self._guests
        await self._settle(sender, guests, content)

    async def _settle(self, sender: EnvelopeSender, guests: list[_Guest], content: bytes | None) -> None:
        after_dot = self._breaks(Break.AFTER_DOT)
        self._set_rset_state()
        if content is None:
            await self.push(f"552 5.3.4 More than {self._options.size_limit} octets are not taken")
            return
        if any(guest.behaviour.slow for guest in guests):
            await asyncio.sleep(self._options.slow_reply)
        if reply := next((g.behaviour.data_reply for g in guests if g.behaviour.data_reply), ""):
            await self.push(reply)
            return
        number = self._keeper.take(sender, tuple(guest.recipient for guest in guests), content)
        if after_dot:
            self._break_off()
            return
        await self.push(f"250 2.0.0 Taken as number {number}")

    async def smtp_RSET(self, arg: str | None) -> None:  # noqa: N802
        if arg:
            await self.push("501 5.5.4 RSET takes no argument")
            return
        self._set_rset_state()
        await self.push("250 2.0.0 Forgotten")

    async def smtp_NOOP(self, arg: str | None) -> None:  # noqa: N802
        await self.push("250 2.0.0 Nothing done")

    def _set_rset_state(self) -> None:
        self._set_post_data_state()

    def _set_post_data_state(self) -> None:
        self.envelope = self._create_envelope()
        self._sender = None
        self._guests = []

    def _offered_now(self) -> frozenset[str]:
        return self._options.offered if self.session is not None and self.session.extended_smtp else frozenset()

    def _breaks(self, where: Break) -> bool:
        return any(guest.applies and guest.behaviour.breaks is where for guest in self._guests)

    def _break_off(self) -> None:
        self._set_rset_state()
        if self.transport is not None:
            # Not isinstance: uvloop's transports are not asyncio's classes.
            cast(asyncio.WriteTransport, self.transport).abort()

    async def _refuse(self, reply: str) -> None:
        await self.push(reply)
        # RFC 5321, 3.8: after a 421 the server closes.
        if reply.startswith("421"):
            self._set_rset_state()
            self._writer.close()

    async def _read_content(self) -> bytes | None:
        """The mail up to the final dot, stuffed dots undone; None if it is too large (read to its end all the same)."""
        stuffed = await self._read_stuffed()
        # RFC 5321, 4.5.2: a line that begins with a dot loses it.
        return None if stuffed is None else stuffed.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    async def _read_stuffed(self) -> bytes | None:
        start = b""
        while (first := await self._reader.readexactly(1)) in _STARTS_LIKE_THE_END:
            # The end mark is searched for with its leading CRLF; here that CRLF has been read with the line before.
            line: bytes = first + await self._reader.readuntil(b"\n")
            if line == b".\r\n":
                return start
            start += line
        rest = await self._read_to_the_dot()
        return None if rest is None else start + first + rest

    async def _read_to_the_dot(self) -> bytes | None:
        too_large = False
        while True:
            try:
                rest: bytes = await self._reader.readuntil(_END_OF_DATA)
            except asyncio.LimitOverrunError as overrun:
                await self._reader.readexactly(overrun.consumed)
                too_large = True
            else:
                return None if too_large else rest.removesuffix(b".\r\n")


def _authenticator(login: tuple[str, str]) -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        name, password = login
        good = isinstance(data, LoginPassword) and data == LoginPassword(name.encode(), password.encode())
        return AuthResult(success=good, handled=False)

    return check
