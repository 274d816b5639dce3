"""An open mailbox on another server, whatever it speaks, and what can go wrong with one."""

import imaplib
import poplib
import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from threading import Event

from epm.models import Mailbox
from lib.http import Unreachable

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0

LINE_OCTETS = 10_000_000
_QUOTED = re.compile(r"b(?P<quote>['\"])(?P<octets>.*)(?P=quote)", re.DOTALL)

# Returned mails have lines that nobody broke, and a search may find very many mails: the library's limits are too narrow.
imaplib._MAXLINE = poplib._MAXLINE = LINE_OCTETS  # type: ignore[attr-defined]


class Refused(Exception):
    """The mailbox cannot be read as it is configured; the message says why."""


FAULTS = (Refused, Unreachable, OSError, imaplib.IMAP4.error, poplib.error_proto)
"""What a server, the way to it and its configuration may do to us. All of it is tried again later."""


class Box(ABC):
    """Mails have keys that are good as long as the box is open. Every method may raise one of FAULTS."""

    most_at_once: int | None = None
    """After so many mails it is better closed and opened again; None where that makes no difference."""

    @abstractmethod
    def waiting(self) -> list[int]:
        """The keys of the mails to take, oldest first."""

    @abstractmethod
    def sizes(self, keys: Collection[int]) -> Mapping[int, int]:
        """Octets of each mail, of those that are still there."""

    @abstractmethod
    def fetch(self, keys: Collection[int]) -> Mapping[int, bytes]:
        """The raw mails, of those that are still there and that the server gives out. Changes nothing."""

    @abstractmethod
    def dispose(self, keys: Collection[int]) -> None:
        """Mark, delete or move mails that are committed here."""

    def wait(self, stop: Event, seconds: float) -> bool:
        """Wait for news, at most `seconds`, or until `stop`. False where the server tells none: then look again later."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Say goodbye. POP3 deletes only now."""

    @abstractmethod
    def drop(self) -> None:
        """Hang up after a fault."""


def tls_context(mailbox: Mailbox) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not mailbox.verify_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def in_words(fault: BaseException) -> str:
    """What went wrong, for the operator."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"The server's certificate is not valid: {fault.verify_message}"
    if isinstance(fault, TimeoutError):
        return "The server does not answer."
    if isinstance(fault, OSError) and fault.strerror:
        return f"The server cannot be reached: {fault.strerror}"
    said = fault.args[0] if fault.args else ""
    if isinstance(said, str) and (quoted := _QUOTED.fullmatch(said)):
        said = quoted["octets"]  # IMAPClient words a refused login by the library's octets
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) or type(fault).__name__
