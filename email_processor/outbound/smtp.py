"""One SMTP dialogue: connect, greet, secure, log in, and hand over mails one after the other (RFC 5321).

Whatever happens becomes a `SendResult`. Three rules decide which: a refusal of this mail is the server's word (4xx deferred,
5xx failed); trouble with the server itself, even a 5xx to greeting or login, says nothing about the mail (deferred); and from
the moment the final dot may have left, only the server's reply can tell (without one: in doubt).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from django.conf import settings

from email_processor.outbound import tls
from email_processor.outbound.dialogue import Dialogue, Reply, Trouble, take_over
from email_processor.outbound.envelope import Envelope, Features, mail_command, needs_utf8, rcpt_command, size_limit
from email_processor.outbound.opening import TROUBLE, Client
from email_processor.outbound.routing import Route
from email_processor.outbound.send_result import Outcome, SendResult, Stage, split_enhanced, storable
from email_processor.outbound.transcript import ASIDE, Spoken

log = logging.getLogger(__name__)

TIMEOUTS = {
    stage: seconds * settings.EPM_SMTP_PATIENCE
    for stage, seconds in {
        Stage.CONNECT: 30.0,
        Stage.GREETING: 300.0,
        Stage.MAIL: 300.0,
        Stage.RCPT: 300.0,
        Stage.DATA: 120.0,
        Stage.CONTENT: 180.0,
        Stage.FINAL_DOT: 600.0,
    }.items()
}
"""Seconds to wait for an answer at each stage (RFC 5321 4.5.3.2, times EPM_SMTP_PATIENCE).

Of a connection to one address RFC 5321 says nothing: it is given less, because there may be others to try."""
_QUIT_TIMEOUT = 2.0
_AFTER_REFUSAL = 5.0
"""Seconds to wait for what a refusal leaves to be answered. Its outcome is known, and some servers punish by answering slowly:
then another connection costs less than this one."""
_PIECE = 65_536
_ACCEPTED = {Stage.MAIL: 2, Stage.RCPT: 2, Stage.DATA: 3}
"""The first digit of the reply that lets a mail go on."""
_NOT_WITHOUT, _NOT_WITHOUT_MORE = 530, ("5.7.8", "5.7.9", "5.7.10", "5.7.11")
"""Authentication, STARTTLS or a stronger one of them is required (RFC 4954 6, RFC 3207 4, RFC 5248 2.4 and 3)."""
_OUTCOMES = {2: Outcome.SENT, 4: Outcome.DEFERRED, 5: Outcome.FAILED}


class Connection:
    """A connection to the server of `route`, used for one mail at a time. Open it before the first."""

    def __init__(self, route: Route, before: Iterable[Spoken] = ()) -> None:
        """`before` is what was said to others in vain: the first mail's transcript begins with it."""
        self.route = route
        self.mails = 0
        self.opened_at = time.monotonic()
        self.features: Features = {}
        self._stage = Stage.CHECK
        self._tls = self._cipher = ""
        self._dialogue: Dialogue | None = None
        self._client = Client(route, TIMEOUTS)
        self._client.spoken.extend(before)

    @property
    def is_protected(self) -> bool:
        """Does it speak TLS?"""
        return bool(self._tls)

    @property
    def source(self) -> str:
        """Our address, once it was connected."""
        return self._client.source

    @property
    def is_open(self) -> bool:
        return self._dialogue is not None and self._dialogue.is_open

    @property
    def is_at_rest(self) -> bool:
        """May it carry another mail? A server that spoke unasked says goodbye (RFC 5321 3.8), or is not to be trusted."""
        return self._dialogue is not None and self._dialogue.is_at_rest

    async def open(self) -> SendResult | None:
        """Connect, greet, secure and log in; None where all went well, else what the first mail is told."""
        started = time.monotonic()
        try:
            await self._client.open()
        except TROUBLE as trouble:
            self._stage = self._client.stage
            self._drop()
            if _code(trouble) is None:
                self._client.remark(_in_words(trouble))
            result = self._result(Outcome.DEFERRED, _in_words(trouble), started, _code(trouble))
            return replace(result, tls_failure=tls.failure_of(trouble)) if self._stage is Stage.TLS else result
        except BaseException:
            self._drop()
            raise
        self.features = self._client.features
        self._tls, self._cipher = self._client.protection
        self._dialogue = take_over(self._client.transport)
        return None

    async def send(self, envelope: Envelope, past_recall: Callable[[], object]) -> SendResult:
        """Hand over one mail. Never raises: even a bug of ours becomes an honest result, and is logged.

        Whoever cancels it before `past_recall` is called may be sure that nothing has left.
        """
        started = time.monotonic()
        self.mails += 1
        self._stage = Stage.CHECK
        assert self._dialogue is not None, "open the connection first"
        try:
            return self._unsendable(envelope, started) or await self._transact(
                envelope, self._dialogue, started, past_recall
            )
        except Trouble as trouble:
            self._drop()
            self._dialogue.remark(_in_words(trouble))
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
        if self._dialogue is None or not self._dialogue.is_open:
            return
        try:
            self._dialogue.say(b"QUIT\r\n")
            await self._dialogue.reply(_QUIT_TIMEOUT)
        except Trouble as trouble:
            log.debug("%s left without a goodbye: %s", self.route.host, trouble)
        finally:
            self._drop()

    def _unsendable(self, envelope: Envelope, started: float) -> SendResult | None:
        """What the server's EHLO already rules out: refused by us, by name."""
        if needs_utf8(envelope) and "SMTPUTF8" not in self.features:
            text = "The server offers no SMTPUTF8, which this mail's addresses need (RFC 6531)."
            return self._result(Outcome.FAILED, text, started, enhanced="5.6.7")
        limit = size_limit(self.features)
        if 0 < limit < envelope.size:
            text = f"The mail has {envelope.size} octets, the server takes {limit} at most (RFC 1870)."
            return self._result(Outcome.FAILED, text, started, enhanced="5.3.4")
        return None

    async def _transact(
        self, envelope: Envelope, dialogue: Dialogue, started: float, past_recall: Callable[[], object]
    ) -> SendResult:
        refusal = await self._announce(self._commands(envelope), dialogue)
        past_recall()
        reply = refusal or await self._stream(envelope.content, dialogue)
        result = self._answered(reply, started)
        if result.outcome is not Outcome.SENT:
            await self._forget_transaction(dialogue)
        return result

    def _commands(self, envelope: Envelope) -> list[tuple[Stage, bytes]]:
        commands = (
            (Stage.MAIL, mail_command(envelope, self.features)),
            (Stage.RCPT, rcpt_command(envelope, self.features)),
            (Stage.DATA, [b"DATA"]),
        )
        return [(stage, b" ".join(words) + b"\r\n") for stage, words in commands]

    async def _announce(self, commands: list[tuple[Stage, bytes]], dialogue: Dialogue) -> Reply | None:
        """MAIL, RCPT and DATA, all at once where the server lets us (RFC 2920); answers the refusal, if there is one."""
        at_once = "PIPELINING" in self.features
        if at_once:
            dialogue.say(b"".join(command for _, command in commands))
        refusal: tuple[Stage, Reply] | None = None
        for stage, command in commands:
            if refusal is None:
                self._stage = stage
            if not at_once:
                dialogue.say(command)
            reply = await self._reply_after(refusal, dialogue, TIMEOUTS[stage] if refusal is None else _AFTER_REFUSAL)
            if reply is None:
                break
            if refusal is not None and stage is Stage.DATA and reply.code // 100 == _ACCEPTED[stage]:
                # It would take a content after all (RFC 2920 3.1). It gets none: whoever hangs up before the dot sends nothing.
                dialogue.drop()
            if refusal is None and reply.code // 100 != _ACCEPTED[stage]:
                refusal = stage, reply
                if not at_once:
                    break
        return refusal[1] if refusal else None

    async def _reply_after(
        self, refusal: tuple[Stage, Reply] | None, dialogue: Dialogue, timeout: float
    ) -> Reply | None:
        """The next reply. After a refusal it matters to the connection alone: None where it does not come."""
        try:
            return await dialogue.reply(timeout)
        except Trouble:
            if refusal is None:
                raise
            dialogue.drop()
            return None

    async def _stream(self, content: bytes, dialogue: Dialogue) -> Reply:
        """Write the content and wait for the reply, piece by piece, each when the one before is nearly gone.

        Only with the last one does the stage turn to FINAL_DOT. A server may refuse before it has read everything; what else
        it says before, it says of no mail of ours.
        """
        self._stage = Stage.CONTENT
        dialogue.remark(f"the content, {len(content)} octets on the wire")
        last = (len(content) - 1) // _PIECE * _PIECE
        for start in range(0, last, _PIECE):
            if dialogue.has_answered:
                break
            dialogue.write(content[start : start + _PIECE])
            await dialogue.flushed(TIMEOUTS[Stage.CONTENT])
        if dialogue.has_answered:
            return await dialogue.reply(TIMEOUTS[Stage.CONTENT])
        self._stage = Stage.FINAL_DOT
        dialogue.write(content[last:])
        return await dialogue.reply(TIMEOUTS[Stage.FINAL_DOT])

    async def _forget_transaction(self, dialogue: Dialogue) -> None:
        """RSET after a refusal, so that the next mail finds a clean connection. Even after one of the final dot, which should end
        the transaction (RFC 5321 4.1.1.4): Postfix keeps what its smtpd_end_of_data_restrictions refuse.
        """
        if not dialogue.is_open:
            return
        try:
            dialogue.say(b"RSET\r\n")
            await dialogue.reply(_AFTER_REFUSAL)
        except Trouble:
            dialogue.drop()
        dialogue.overheard()

    def _drop(self) -> None:
        """Close at once: what is unsent stays unsent."""
        if self._dialogue is not None:
            self._dialogue.drop()
        elif isinstance(self._client.transport, asyncio.WriteTransport):
            self._client.transport.abort()
            self._client.close()

    def _answered(self, reply: Reply, started: float) -> SendResult:
        if self._asks_for_more(reply):
            self._stage = Stage.LOGIN
            return self._result(Outcome.DEFERRED, reply.text, started, reply.code)
        outcome = _OUTCOMES.get(reply.code // 100)
        if outcome is None or (outcome is Outcome.SENT and self._stage is not Stage.FINAL_DOT):
            self._drop()
            outcome = self._without_answer()
        if self._stage is Stage.CONTENT:
            # The server answered half-way: what it would read next is no command.
            self._drop()
        return self._result(outcome, reply.text, started, reply.code)

    def _asks_for_more(self, reply: Reply) -> bool:
        """Does it want a login or TLS first? That is said of how we came, not of the mail.

        The servers of a domain may mean by it that they know no such recipient, or want no mail like this.
        """
        if self.route.is_direct or self._stage not in (Stage.MAIL, Stage.RCPT):
            return self._stage is Stage.MAIL and reply.code == _NOT_WITHOUT
        return reply.code == _NOT_WITHOUT or split_enhanced(reply.text)[0] in _NOT_WITHOUT_MORE

    def _without_answer(self) -> Outcome:
        return Outcome.IN_DOUBT if self._stage is Stage.FINAL_DOT else Outcome.DEFERRED

    def _result(
        self, outcome: Outcome, text: str, started: float, code: int | None = None, enhanced: str = ""
    ) -> SendResult:
        said, words = split_enhanced(text)
        return SendResult(
            outcome,
            self._stage,
            storable(words),
            self.route.host,
            code,
            enhanced or said,
            self._tls,
            self._cipher,
            time.monotonic() - started,
            spoken=self._spoken(is_wanted=outcome is not Outcome.SENT or settings.EPM_TRANSCRIPTS == "all"),
        )

    def _spoken(self, *, is_wanted: bool) -> tuple[Spoken, ...]:
        """What was said about this mail; about a connection's first one, how it was opened too."""
        said = self._dialogue.overheard() if self._dialogue else ()
        if not is_wanted:
            return ()
        if self.mails <= 1:
            return (*self._client.spoken, *said)
        return ((ASIDE, b"over a connection that has carried mails before\r\n"), *said)


def _in_words(trouble: BaseException) -> str:
    return getattr(trouble, "message", "") or str(trouble) or type(trouble).__name__


def _code(trouble: BaseException) -> int | None:
    """The reply's code, where the trouble is a reply that makes sense."""
    code = getattr(trouble, "code", None)
    return code if isinstance(code, int) and code > 0 else None
