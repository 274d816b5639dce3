"""How a connection is opened: connect, greet, secure and log in, by aiosmtplib; and a note of what was said meanwhile."""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, cast

import aiosmtplib
from django.conf import settings

from email_processor.outbound import tls
from email_processor.outbound.envelope import Features
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import Stage, storable
from email_processor.outbound.transcript import ASIDE, MASKED, SERVER, US, Spoken
from epm.choices import Transport

_REFUSAL = 400
TROUBLE = (aiosmtplib.SMTPException, OSError, TimeoutError, tls.NotProtected)


async def connected(address: str, port: int, source: str, timeout: float) -> socket.socket:
    """A socket that is connected to an address, from `source` or from where the system chooses.

    Raises SMTPConnectError; `timeout` is in seconds.
    """
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        if source:
            made.bind((source, 0))
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(made, (address, port)), timeout)
    except TimeoutError as trouble:
        made.close()
        raise aiosmtplib.SMTPConnectError(f"{address}, port {port}, has not answered for {timeout:g} s.") from trouble
    except OSError as trouble:
        made.close()
        raise aiosmtplib.SMTPConnectError(f"{address}, port {port}: {trouble.strerror or trouble}") from trouble
    except asyncio.CancelledError:
        made.close()
        raise
    return made


class Client(aiosmtplib.SMTP):
    """Notes in `spoken` what it says and hears, without the secrets of a login, and in `stage` how far it came."""

    def __init__(self, route: Route, timeouts: Mapping[Stage, float]) -> None:
        super().__init__(
            hostname=route.host,
            local_hostname=settings.EPM_HOST_NAME,
            use_tls=route.transport is Transport.TLS,
            start_tls=False,
            tls_context=None if route.transport is Transport.TCP else tls.context(route.verify),
            timeout=timeouts[Stage.GREETING],
        )
        self.spoken: list[Spoken] = []
        self.stage = Stage.CONNECT
        self.source = ""
        """Our address, once it is connected."""
        self._route = route
        self._connect_timeout = timeouts[Stage.CONNECT]
        self._is_logging_in = False
        self._answer: aiosmtplib.SMTPResponse | None = None
        """The last one to a command."""

    @property
    def features(self) -> Features:
        """What EHLO offered, as text that can be stored: a server may say any octets."""
        return {storable(keyword.upper()): storable(value) for keyword, value in self.esmtp_extensions.items()}

    @property
    def protection(self) -> tuple[str, str]:
        """The version of TLS and its cipher; empty without."""
        found = cast(ssl.SSLObject | None, self.get_transport_info("ssl_object"))
        cipher = found.cipher() if found else None
        return (found.version() or "" if found else "", cipher[0] if cipher else "")

    async def open(self) -> None:
        """Raises one of TROUBLE."""
        route = self._route
        self.remark(f"connecting to {route.address}, port {route.port}")
        made = await connected(route.address, route.port, route.source, self._connect_timeout)
        self.source = made.getsockname()[0]
        await self.connect(sock=made)
        with self._hearing_why():
            self.stage = Stage.GREETING
            await self._greet()
            if self._starts_tls:
                self.stage = Stage.TLS
                await self._protect()
                await self._greet()
            if route.user_name:
                self.stage = Stage.LOGIN
                await self.login(route.user_name, route.password)

    @property
    def _starts_tls(self) -> bool:
        """Is TLS asked for? Where it need not be, only if the server offers it."""
        asks = not self._route.tls_if_offered or self.supports_extension("starttls")
        return self._route.transport is Transport.STARTTLS and asks

    @contextmanager
    def _hearing_why(self) -> Iterator[None]:
        """A server may hang up after a refusal, before another way is tried: then the refusal is what is told."""
        try:
            yield
        except aiosmtplib.SMTPServerDisconnected as gone:
            if self._answer is None or self._answer.code < _REFUSAL:
                raise
            raise aiosmtplib.SMTPResponseException(*self._answer) from gone

    async def _greet(self) -> None:
        try:
            await self.ehlo()
        except aiosmtplib.SMTPHeloError as refusal:
            # RFC 5321 3.2: a server that knows no EHLO may still know HELO.
            if refusal.code // 100 != 5:
                raise
            await self.helo()

    async def _protect(self) -> None:
        if not self.supports_extension("starttls"):
            raise tls.NotProtected("The server does not offer STARTTLS.", tls.Failure.NOT_OFFERED)
        await self.starttls(server_hostname=self._route.host)
        tls.prove(self._route, cast(ssl.SSLObject, self.get_transport_info("ssl_object")))

    def remark(self, words: str) -> None:
        self.spoken.append((ASIDE, words.encode() + b"\r\n"))

    async def connect(self, **options: Any) -> aiosmtplib.SMTPResponse:
        try:
            greeting = await super().connect(**options)
        except aiosmtplib.SMTPResponseException as refusal:
            self.stage = Stage.GREETING
            self._note(refusal.code, refusal.message)
            raise
        except aiosmtplib.SMTPConnectError as trouble:
            self.stage = Stage.TLS if isinstance(trouble.__cause__, ssl.SSLError) else Stage.GREETING
            where = f"{self._route.address or self._route.host}, port {self._route.port}"
            raise aiosmtplib.SMTPConnectError(f"{where}: {trouble.__cause__}") from trouble
        self._note(greeting.code, greeting.message)
        return greeting

    async def starttls(self, **options: Any) -> aiosmtplib.SMTPResponse:
        self.spoken.append((US, b"STARTTLS\r\n"))
        try:
            answer = await super().starttls(**options)
        except aiosmtplib.SMTPResponseException as refusal:
            self._note(refusal.code, refusal.message)
            raise
        self._note(answer.code, answer.message)
        return answer

    async def login(self, *credentials: Any, **options: Any) -> aiosmtplib.SMTPResponse:
        self._is_logging_in = True
        try:
            return await super().login(*credentials, **options)
        finally:
            self._is_logging_in = False

    async def execute_command(self, *words: bytes, **options: Any) -> aiosmtplib.SMTPResponse:
        self.spoken.append((US, b" ".join(self._without_secrets(words)) + b"\r\n"))
        answer = self._answer = await super().execute_command(*words, **options)
        self._note(answer.code, answer.message)
        return answer

    def _without_secrets(self, words: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Of a login only which mechanism it uses (RFC 4954 4)."""
        if not self._is_logging_in or words[0] in (b"EHLO", b"HELO"):
            return words
        if words[0] != b"AUTH":
            return (MASKED,)
        return (*words[:2], MASKED) if len(words) > 2 else words

    def _note(self, code: int, message: str) -> None:
        """A reply, as it stood on the wire (RFC 5321 4.2.1)."""
        *lines, last = message.split("\n")
        said = [*(f"{code}-{line}\r\n" for line in lines), f"{code} {last}\r\n"]
        self.spoken.append((SERVER, "".join(said).encode("utf-8", "replace")))
