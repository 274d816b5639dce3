"""How a connection is opened: aiosmtplib's client, and a note of what was said meanwhile."""

from typing import Any

import aiosmtplib

from email_processor.outbound.transcript import ASIDE, MASKED, SERVER, US, Spoken


class Client(aiosmtplib.SMTP):
    """Notes in `spoken` what it says and hears, without the secrets of a login."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spoken: list[Spoken] = []
        self._is_logging_in = False

    async def connect(self, **options: Any) -> aiosmtplib.SMTPResponse:
        self.spoken.append((ASIDE, f"connecting to {self.hostname}, port {self.port}\r\n".encode()))
        try:
            greeting = await super().connect(**options)
        except aiosmtplib.SMTPResponseException as refusal:
            self._note(refusal.code, refusal.message)
            raise
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
        answer = await super().execute_command(*words, **options)
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
