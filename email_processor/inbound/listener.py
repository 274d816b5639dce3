"""The door for mail: an SMTP (RFC 5321) and an LMTP (RFC 2033) listener that say 250 only to what is committed."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, Self

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import Error

from email_processor.inbound.intake import Arrival, is_storable
from email_processor.inbound.storage import Storage
from email_processor.models import InboundMessage

log = logging.getLogger(__name__)

LINE_OCTETS = 1_000_000
"""Reports return mails whose lines nobody broke; RFC 5321 4.5.3.1.6 would have 1,000."""

RECIPIENTS = 100
"""Recipients of one mail (RFC 5321 4.5.3.1.8); each gets a row with the whole mail."""

IDLE_SECONDS = 600
PATIENCE_SECONDS = 10
"""How long a listener that is stopped waits for mails in the middle of DATA."""

BAD_ADDRESS = "553 5.1.{} The address cannot be used"
UNKNOWN = "550 5.1.1 No such recipient here"
TOO_MANY = f"452 4.5.3 At most {RECIPIENTS} recipients at once"
NO_STORAGE = "452 4.3.1 The mail cannot be stored, please try again later"
FAULT = "451 4.3.0 An error of ours, please try again later"
TAKEN = "250 2.0.0 Taken"
CLOSING = "421 4.3.2 Closing"


class CannotListen(Exception):
    """A port that cannot be had; the message names it and says why."""


class Listener:
    """Listens on `host`:`smtp_port` and `host`:`lmtp_port` while it is entered. 0 is a free port, None no LMTP at all.

        async with Listener("127.0.0.1", 0, 0) as listener:
            ... listener.smtp_port ... listener.lmtp_port ...

    Raises CannotListen on entering. On leaving, mails in the middle of DATA are taken first.
    """

    def __init__(self, host: str, smtp_port: int, lmtp_port: int | None) -> None:
        self.host, self.smtp_port, self.lmtp_port = host, smtp_port, lmtp_port
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            storage = Storage()
            exits.push_async_callback(storage.close)
            self.smtp_port = await self._listen(
                _SmtpDoor, _Room(storage, InboundMessage.Source.SMTP), self.smtp_port, exits
            )
            if self.lmtp_port is not None:
                self.lmtp_port = await self._listen(
                    _LmtpDoor, _Room(storage, InboundMessage.Source.LMTP), self.lmtp_port, exits
                )
            self._exits = exits.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._exits.aclose()

    async def _listen(self, door: "type[_Door]", room: "_Room", port: int, exits: AsyncExitStack) -> int:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: door(room), self.host, port, backlog=1024)
        except OSError as error:
            what = f"cannot take in mail on {self.host}:{port} ({room.source.label})"
            raise CannotListen(f"{what}: {error.strerror or error}") from error
        exits.push_async_callback(room.close)
        exits.callback(server.close)
        return int(server.sockets[0].getsockname()[1])


class _Room:
    """What all connections of one port share, and the hooks that aiosmtpd calls: the policy of this door."""

    def __init__(self, storage: Storage, source: InboundMessage.Source) -> None:
        self.storage, self.source = storage, source
        self.doors: set[_Door] = set()
        self._taking = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While a mail is in the middle of DATA."""
        self._taking += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._taking -= 1
            if not self._taking:
                self._quiet.set()

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._quiet.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            log.warning("stopped in the middle of %s mails; their senders will try again", self._taking)
        for door in list(self.doors):
            await door.shut()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address != "<>" and not is_storable(address):
            return BAD_ADDRESS.format(7)
        envelope.mail_from = address
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not is_storable(address):
            return BAD_ADDRESS.format(3)
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return TOO_MANY
        try:
            directory = await self.storage.directory()
        except Error:
            log.exception("cannot look up recipients")
            return NO_STORAGE
        if not directory.takes(address):
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail_from = (envelope.mail_from or "").removeprefix("<>")
        try:
            await self.storage.keep(
                [Arrival(envelope.content, mail_from, address, self.source) for address in envelope.rcpt_tos]
            )
        except Error:
            log.exception("a mail of %s octets cannot be stored", len(envelope.content))
            return NO_STORAGE
        except Exception:
            log.exception("a mail of %s octets cannot be taken in", len(envelope.content))
            return FAULT
        return TAKEN

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong here: the sender keeps its mail."""
        log.error("a session broke", exc_info=error)
        return FAULT


class _Door(SMTP):
    """One connection."""

    line_length_limit = LINE_OCTETS

    def __init__(self, room: _Room) -> None:
        super().__init__(
            room,
            data_size_limit=settings.EPM_INBOUND_LIMIT,
            enable_SMTPUTF8=True,
            hostname=settings.EPM_HOST_NAME,
            ident="EPM",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._room = room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._room.doors.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._room.doors.discard(self)
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        with self._room.taking():
            await super().smtp_DATA(arg)

    async def shut(self) -> None:
        """Say goodbye and hang up."""
        if self.transport is not None:
            with suppress(ConnectionError):
                await self.push(CLOSING)
            self.transport.close()


class _SmtpDoor(_Door):
    """SMTP as aiosmtpd speaks it."""


class _LmtpDoor(_Door, LMTP):
    """LMTP: after the last dot, one answer for each recipient (RFC 2033 4.2)."""

    _answers = 1

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        try:
            await super().smtp_DATA(arg)
        finally:
            self._answers = 1

    async def push(self, status: Any) -> None:
        await super().push("\r\n".join([status] * self._answers))
        if status.startswith("354"):
            assert self.envelope is not None
            self._answers = len(self.envelope.rcpt_tos)
