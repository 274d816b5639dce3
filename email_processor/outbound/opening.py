"""How a connection is opened: aiosmtplib's client, and a note of what was said meanwhile."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import aiosmtplib

from email_processor.outbound.transcript import ASIDE, MASKED, SERVER, US, Spoken


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
    """Notes in `spoken` what it says and hears, without the secrets of a login."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spoken: list[Spoken] = []
        self._is_logging_in = False

    def remark(self, words: str) -> None:
        self.spoken.append((ASIDE, words.encode() + b"\r\n"))

    async def connect(self, **options: Any) -> aiosmtplib.SMTPResponse:
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
