"""One SMTP dialogue: connect, greet, secure, log in, and hand over mails one after the other (RFC 5321).

Whatever happens becomes a `SendResult`. Three rules decide which: a refusal of this mail is the server's word (4xx deferred,
5xx failed); trouble with the server itself, even a 5xx to greeting or login, says nothing about the mail (deferred); and from
the moment the final dot may have left, only the server's reply can tell (without one: in doubt).
"""

import asyncio
import logging
import ssl
import time
from functools import lru_cache
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPResponse
from aiosmtplib.protocol import SMTPProtocol
from django.conf import settings

from email_processor.outbound.envelope import Envelope, Features, mail_command, needs_utf8, rcpt_command
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import Outcome, SendResult, Stage, enhanced_code, storable
from epm.choices import Transport

log = logging.getLogger(__name__)

TIMEOUTS = {
    stage: seconds * settings.EPM_SMTP_PATIENCE
    for stage, seconds in {
        Stage.CONNECT: 300.0,
        Stage.MAIL: 300.0,
        Stage.RCPT: 300.0,
        Stage.DATA: 120.0,
        Stage.CONTENT: 180.0,
        Stage.FINAL_DOT: 600.0,
    }.items()
}
"""Seconds to wait for an answer at each stage (RFC 5321 4.5.3.2, times EPM_SMTP_PATIENCE)."""
_QUIT_TIMEOUT = 2.0
_PIECE = 65_536
_TROUBLE = (aiosmtplib.SMTPException, OSError, TimeoutError)
_OUTCOMES = {2: Outcome.SENT, 4: Outcome.DEFERRED, 5: Outcome.FAILED}


class Connection:
    """A connection to the server of `route`, used for one mail at a time. Open it before the first."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.mails = 0
        self.features: Features = {}
        self._stage = Stage.CONNECT
        self._tls = self._cipher = ""
        self._client = aiosmtplib.SMTP(
            hostname=route.address or route.host,
            source_address=(route.source, 0) if route.source else None,
            port=route.port,
            local_hostname=settings.EPM_HOST_NAME,
            use_tls=route.transport is Transport.TLS,
            start_tls=False,
            tls_context=None if route.transport is Transport.TCP else _tls_context(route.verify),
            timeout=TIMEOUTS[Stage.CONNECT],
        )

    @property
    def is_open(self) -> bool:
        return self._client.is_connected

    async def open(self) -> SendResult | None:
        """Connect, greet, secure and log in; None where all went well, else what the first mail is told."""
        started = time.monotonic()
        try:
            await self._open()
        except _TROUBLE as trouble:
            self._drop()
            return self._result(Outcome.DEFERRED, _in_words(trouble), started, _code(trouble))
        return None

    async def send(self, envelope: Envelope) -> SendResult:
        """Hand over one mail. Never raises: even a bug of ours becomes an honest result, and is logged."""
        started = time.monotonic()
        self.mails += 1
        self._stage = Stage.CHECK
        try:
            return self._unsendable(envelope, started) or await self._transact(envelope, started)
        except _TROUBLE as trouble:
            self._drop()
            return self._result(self._without_answer(), _in_words(trouble), started)
        except asyncio.CancelledError:
            self._drop()
            raise
        except Exception:
            log.exception("sending to %s broke at %s", self.route.host, self._stage)
            self._drop()
            return self._result(self._without_answer(), "an error of the platform; the log has it", started)

    async def close(self) -> None:
        """Say goodbye (RFC 5321 4.1.1.10), but do not wait long for the answer."""
        try:
            await self._client.quit(timeout=_QUIT_TIMEOUT)
        except _TROUBLE:
            self._drop()

    async def _open(self) -> None:
        await self._client.connect()
        self._stage = Stage.GREETING
        await self._greet()
        if self._starts_tls:
            self._stage = Stage.TLS
            await self._client.starttls(server_hostname=self.route.host)
            await self._greet()
        if self.route.user_name:
            self._stage = Stage.LOGIN
            await self._client.login(self.route.user_name, self.route.password)
        self.features = {keyword.upper(): value for keyword, value in self._client.esmtp_extensions.items()}
        self._note_tls()

    @property
    def _starts_tls(self) -> bool:
        """Is TLS asked for? Where it need not be, only if the server offers it."""
        asks = not self.route.tls_if_offered or self._client.supports_extension("starttls")
        return self.route.transport is Transport.STARTTLS and asks

    async def _greet(self) -> None:
        try:
            await self._client.ehlo()
        except aiosmtplib.SMTPHeloError:
            # RFC 5321 3.2: a server that knows no EHLO may still know HELO.
            await self._client.helo()

    def _note_tls(self) -> None:
        tls = cast(ssl.SSLObject | None, self._client.get_transport_info("ssl_object"))
        if tls is None:
            return
        self._tls, cipher = tls.version() or "", tls.cipher()
        self._cipher = cipher[0] if cipher else ""

    def _unsendable(self, envelope: Envelope, started: float) -> SendResult | None:
        """What the server's EHLO already rules out: refused by us, by name."""
        if needs_utf8(envelope) and "SMTPUTF8" not in self.features:
            text = "The server offers no SMTPUTF8, which this mail's addresses need (RFC 6531)."
            return self._result(Outcome.FAILED, text, started, enhanced="5.6.7")
        limit = self.features.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < envelope.size:
            text = f"The mail has {envelope.size} octets, the server takes {limit} at most (RFC 1870)."
            return self._result(Outcome.FAILED, text, started, enhanced="5.3.4")
        return None

    async def _transact(self, envelope: Envelope, started: float) -> SendResult:
        steps = (
            (Stage.MAIL, mail_command(envelope, self.features), 2),
            (Stage.RCPT, rcpt_command(envelope, self.features), 2),
            (Stage.DATA, [b"DATA"], 3),
        )
        for stage, command, wanted in steps:
            self._stage = stage
            reply = await self._client.execute_command(*command, timeout=TIMEOUTS[stage])
            if reply.code // 100 != wanted:
                result = self._answered(reply, started)
                await self._forget_transaction()
                return result
        return self._answered(await self._stream(envelope.content), started)

    async def _stream(self, content: bytes) -> SMTPResponse:
        """Write the content and wait for the reply."""
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        self._stage = Stage.CONTENT
        # The reply is awaited from the first piece on: a server may refuse before it has read everything.
        reply = asyncio.ensure_future(protocol.read_response(timeout=TIMEOUTS[Stage.FINAL_DOT]))
        reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Let it begin to read before anything is written: the protocol drops what arrives while nobody waits for it.
        await asyncio.sleep(0)
        try:
            await self._write(protocol, content, reply)
            return await reply
        finally:
            reply.cancel()

    async def _write(self, protocol: SMTPProtocol, content: bytes, reply: "asyncio.Future[SMTPResponse]") -> None:
        """Piece by piece, each when the one before is nearly gone. Only with the last one does the stage turn to FINAL_DOT."""
        last = (len(content) - 1) // _PIECE * _PIECE
        for start in range(0, last, _PIECE):
            protocol.write(content[start : start + _PIECE])
            await asyncio.wait_for(protocol._drain_helper(), TIMEOUTS[Stage.CONTENT])
            if reply.done():
                return
        self._stage = Stage.FINAL_DOT
        protocol.write(content[last:])

    async def _forget_transaction(self) -> None:
        """RSET after a refusal, so that the next mail finds a clean connection."""
        if not self.is_open:
            return
        try:
            await self._client.rset(timeout=TIMEOUTS[Stage.MAIL])
        except _TROUBLE:
            self._drop()

    def _drop(self) -> None:
        """Close at once: what is unsent stays unsent."""
        if isinstance(self._client.transport, asyncio.WriteTransport):
            self._client.transport.abort()
        self._client.close()

    def _answered(self, reply: SMTPResponse, started: float) -> SendResult:
        outcome = _OUTCOMES.get(reply.code // 100)
        if outcome is None or (outcome is Outcome.SENT and self._stage is not Stage.FINAL_DOT):
            self._drop()
            outcome = self._without_answer()
        if self._stage is Stage.CONTENT:
            # The server answered half-way: what it would read next is no command.
            self._drop()
        return self._result(outcome, reply.message, started, reply.code)

    def _without_answer(self) -> Outcome:
        return Outcome.IN_DOUBT if self._stage is Stage.FINAL_DOT else Outcome.DEFERRED

    def _result(
        self, outcome: Outcome, text: str, started: float, code: int | None = None, enhanced: str = ""
    ) -> SendResult:
        return SendResult(
            outcome,
            self._stage,
            storable(text),
            self.route.host,
            code,
            enhanced or enhanced_code(text),
            self._tls,
            self._cipher,
            time.monotonic() - started,
        )


def _in_words(trouble: BaseException) -> str:
    return getattr(trouble, "message", "") or str(trouble) or type(trouble).__name__


def _code(trouble: BaseException) -> int | None:
    """The reply's code, where the trouble is a reply that makes sense."""
    code = getattr(trouble, "code", None)
    return code if isinstance(code, int) and code > 0 else None


@lru_cache(maxsize=2)
def _tls_context(verify: bool) -> ssl.SSLContext:
    """Made once: reading the trusted certificates takes longer than a mail."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
