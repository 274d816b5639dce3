"""What came of putting one mail on the wire, as a value."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from email_processor.outbound import transcript
from email_processor.outbound.transcript import Spoken

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|\Z)")
_LONGEST_TEXT = 1000


class Outcome(StrEnum):
    """`in_doubt`: the final dot may have arrived and no answer came back (RFC 1047)."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class Stage(StrEnum):
    """How far the dialogue went."""

    ROUTE = "route"
    CONNECT = "connect"
    GREETING = "greeting"
    TLS = "tls"
    LOGIN = "login"
    CHECK = "check"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"
    FINAL_DOT = "final dot"


_BEFORE_MAIL = frozenset({Stage.ROUTE, Stage.CONNECT, Stage.GREETING, Stage.TLS, Stage.LOGIN})


@dataclass(frozen=True, slots=True)
class SendResult:
    """The server's answer, or what happened instead of one: `code` is None where no answer came.

    `enhanced` is RFC 3463's code where there is one, `tls` and `cipher` are empty without TLS, `duration` is in seconds.
    """

    outcome: Outcome
    stage: Stage
    text: str
    host: str
    code: int | None = None
    enhanced: str = ""
    tls: str = ""
    cipher: str = ""
    duration: float = 0.0
    tls_failure: str = ""
    """Why the connection could not be protected: a result type of RFC 8460 4.3."""
    spoken: tuple[Spoken, ...] = field(default=(), repr=False)
    """What was said on the wire about this mail."""

    @property
    def is_trouble(self) -> bool:
        """Was it trouble with the server itself, which says nothing about the mail? (RFC 5321 3.8: 421 gives up, too.)"""
        return self.never_began or (self.code in (None, 421) and self.stage not in (Stage.ROUTE, Stage.CHECK))

    @property
    def never_began(self) -> bool:
        """Did trouble end the dialogue before this mail was mentioned?"""
        return self.outcome is Outcome.DEFERRED and self.stage in _BEFORE_MAIL

    def as_data(self) -> dict[str, Any]:
        """The `smtp` of contract.md 6, and the transcript, where it is kept."""
        kept = {"transcript": transcript.in_words(self.spoken)} if self.spoken else {}
        return {
            "code": self.code,
            "enhanced": self.enhanced,
            "text": self.text,
            "host": self.host,
            "tls": self.tls,
            "cipher": self.cipher,
            "duration": round(self.duration, 4),
            "stage": str(self.stage),
            **kept,
        }


def split_enhanced(text: str) -> tuple[str, str]:
    """The enhanced status code a reply's lines begin with (RFC 2034 4), or nothing, and the text without it."""
    match = _ENHANCED.match(text)
    if match is None:
        return "", text
    code = match[1]
    return code, "\n".join(line.removeprefix(code).lstrip() for line in text.split("\n"))


def storable(text: str) -> str:
    """A reply's text, which may hold any octets, as text that every database and JSON take."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")[:_LONGEST_TEXT]
