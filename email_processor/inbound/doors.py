"""One connection of the listener and its policy: who is greeted, what is taken for whom, and every word that is answered."""

import asyncio
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import Error

from email_processor.inbound.intake import Arrival, is_storable
from email_processor.inbound.peers import Peers
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
NO_ACCOUNTS = "502 5.5.1 There are no accounts here"
CLOSING = "421 4.3.2 Closing"
CROWDED = b"421 4.7.0 Too many connections from your address\r\n"
SLOW_DOWN = "450 4.7.1 Too many mails from your address in a minute, please try again later"

ENHANCED_CODES = {
    "220 Ready": "2.0.0",
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.5.0",
    "454": "4.7.0",
    "500 Line": "5.6.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "530": "5.7.0",
    "552": "5.3.4",
    "555": "5.5.4",
}
"""The enhanced code (RFC 3463) of replies of aiosmtpd that have none, by how they begin; the first that fits."""
_PLAIN_PATH = re.compile(
    r"<((?:[\w!#$%&'*+/=?^`{|}~-]{1,64}(?:\.[\w!#$%&'*+/=?^`{|}~-]{1,64}){0,20})@[\w-]{1,63}(?:\.[\w-]{1,63}){0,20})?>"
    r"(?= |$)",
    re.ASCII,
)
_BARE = re.compile(r"[245]\d\d (?![245]\.\d{1,3}\.\d{1,3} )")


class Room:
    """What all connections of one port share, and the hooks that aiosmtpd calls: the policy of this door."""

    def __init__(self, storage: Storage, source: InboundMessage.Source, tls: ssl.SSLContext | None) -> None:
        self.storage, self.source, self.tls = storage, source, tls
        self.peers = Peers()
        self.doors: set[Door] = set()
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

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, host_name: str, lines: list[str]
    ) -> list[str]:
        session.host_name = host_name
        # Over TLS aiosmtpd would offer AUTH, for which there are no accounts here.
        offered = [line for line in lines if not line[4:].startswith("AUTH")]
        return [*offered[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", offered[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.peers.may_send(_address(session.peer)):
            return SLOW_DOWN
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
        peer = _address(session.peer)
        try:
            await self.storage.keep(
                [Arrival(envelope.content, mail_from, address, self.source, peer) for address in envelope.rcpt_tos]
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


class Door(SMTP):
    """One connection."""

    line_length_limit = LINE_OCTETS

    def __init__(self, room: Room) -> None:
        super().__init__(
            room,
            data_size_limit=settings.EPM_INBOUND_LIMIT,
            enable_SMTPUTF8=True,
            hostname=settings.EPM_HOST_NAME,
            ident="EPM",
            timeout=IDLE_SECONDS,
            tls_context=room.tls,
            loop=asyncio.get_running_loop(),
        )
        self._room = room
        self._peer: str | None = None
        self._greeting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self._room.doors and not self._enter(transport):
            return
        super().connection_made(transport)  # again after STARTTLS

    def _enter(self, transport: asyncio.BaseTransport) -> bool:
        address = _address(transport.get_extra_info("peername"))
        if not self._room.peers.enter(address):
            cast(asyncio.WriteTransport, transport).write(CROWDED)
            transport.close()
            return False
        self._peer = address
        self._room.doors.add(self)
        return True

    def eof_received(self) -> bool:
        """Close. aiosmtpd would keep the connection of one that hangs up at once, as monitors do, until it times out."""
        if self._peer is not None:
            super().eof_received()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self._peer is None:
            return
        if self in self._room.doors:
            self._room.doors.discard(self)
            self._room.peers.leave(self._peer)
        super().connection_lost(error)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        self._greeting = True
        await super().smtp_HELO(hostname)
        self._greeting = False

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        self._greeting = True
        await super().smtp_EHLO(hostname)
        self._greeting = False

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The path and what stands behind it; nearly all are plain, and need not be taken apart by the grammar of headers."""
        plain = _PLAIN_PATH.match(arg)
        if plain is None or "(" in arg:
            return super()._getaddr(arg)
        return plain[1] or "<>", arg[plain.end() :]

    async def push(self, status: Any) -> None:
        """RFC 2034: every reply has an enhanced code, but the greeting and those to HELO and EHLO."""
        await super().push(status if self._greeting else self._answers(_with_enhanced_code(status)))

    def _answers(self, status: str) -> str:
        return status

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self.push(NO_ACCOUNTS)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        with self._room.taking():
            await super().smtp_DATA(arg)

    async def shut(self) -> None:
        """Say goodbye and hang up."""
        if self.transport is not None:
            with suppress(ConnectionError):
                await self.push(CLOSING)
            self.transport.close()


class SmtpDoor(Door):
    """SMTP as aiosmtpd speaks it."""


class LmtpDoor(Door, LMTP):
    """LMTP: after the last dot, one answer for each recipient (RFC 2033 4.2)."""

    _times = 1

    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802
        self._greeting = True
        await super().smtp_LHLO(hostname)
        self._greeting = False

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        await LMTP.smtp_HELO(self, hostname)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        await LMTP.smtp_EHLO(self, hostname)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        try:
            await super().smtp_DATA(arg)
        finally:
            self._times = 1

    def _answers(self, status: str) -> str:
        answers = "\r\n".join([status] * self._times)
        if status.startswith("354"):
            assert self.envelope is not None
            self._times = len(self.envelope.rcpt_tos)
        return answers


def _with_enhanced_code(status: str) -> str:
    if not _BARE.match(status):
        return status
    code = next((code for begin, code in ENHANCED_CODES.items() if status.startswith(begin)), "")
    return f"{status[:4]}{code} {status[4:]}" if code else status


def _address(peername: Any) -> str:
    """The IP address of a socket's peer, without the name of a network card; "" where it has none."""
    return str(peername[0]).partition("%")[0] if isinstance(peername, tuple) else ""
