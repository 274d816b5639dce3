"""The door for mail: an SMTP (RFC 5321) and an LMTP (RFC 2033) listener that say 250 only to what is committed."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from typing import Self

from django.conf import settings

from email_processor.inbound.doors import Door, LmtpDoor, Room, SmtpDoor
from email_processor.inbound.storage import Storage
from email_processor.models import InboundMessage


class CannotListen(Exception):
    """A port or a certificate that cannot be had; the message names it and says why."""


def tls_context() -> ssl.SSLContext | None:
    """For STARTTLS, from the settings; None where they name no certificate. Raises CannotListen."""
    certificate, key = settings.EPM_LISTENER_CERTIFICATE, settings.EPM_LISTENER_KEY
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key or None)
    except OSError as error:
        what = f"cannot use EPM_LISTENER_CERTIFICATE={certificate} with EPM_LISTENER_KEY={key or '(the same file)'}"
        raise CannotListen(f"{what}: {error.strerror or error}") from error
    return context


class Listener:
    """Listens on `host`:`smtp_port` and `host`:`lmtp_port` while it is entered. 0 is a free port, None no LMTP at all.

        async with Listener("127.0.0.1", 0, 0) as listener:
            ... listener.smtp_port ... listener.lmtp_port ...

    Offers STARTTLS where it is given `tls`. Raises CannotListen on entering. On leaving, mails in the middle of DATA are
    taken first.
    """

    def __init__(self, host: str, smtp_port: int, lmtp_port: int | None, *, tls: ssl.SSLContext | None = None) -> None:
        self.host, self.smtp_port, self.lmtp_port, self._tls = host, smtp_port, lmtp_port, tls
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            storage = Storage()
            exits.push_async_callback(storage.close)
            room = Room(storage, InboundMessage.Source.SMTP, self._tls)
            self.smtp_port = await self._listen(SmtpDoor, room, self.smtp_port, exits)
            if self.lmtp_port is not None:
                room = Room(storage, InboundMessage.Source.LMTP, self._tls)
                self.lmtp_port = await self._listen(LmtpDoor, room, self.lmtp_port, exits)
            self._exits = exits.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._exits.aclose()

    async def _listen(self, door: type[Door], room: Room, port: int, exits: AsyncExitStack) -> int:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: door(room), self.host, port, backlog=1024)
        except OSError as error:
            what = f"cannot take in mail on {self.host}:{port} ({room.source.label})"
            raise CannotListen(f"{what}: {error.strerror or error}") from error
        exits.push_async_callback(room.close)
        exits.callback(server.close)
        return int(server.sockets[0].getsockname()[1])
