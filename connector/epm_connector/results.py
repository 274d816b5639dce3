"""What the platform answered, as values, equal over both protocols. Times are aware datetimes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self, TypeVar

T = TypeVar("T")
Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of an accepted message. `kind` is to, cc or bcc; `expected_receipts` (SUCCESS, FAILURE, DELAY) is what the
    mail server can be expected to report, None where it has not been seen yet.
    """

    id: str
    address: str
    kind: str
    state: str
    expected_receipts: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform has accepted the message. `notification` says in a sentence who will be told what becomes of it."""

    message_id: str
    application: str | None
    recipients: tuple[Recipient, ...]
    notification: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the answer in REST shape."""
        recipients = tuple(_made(Recipient, one, expected_receipts=_expected(one)) for one in answer["recipients"])
        return _made(cls, answer, recipients=recipients)


@dataclass(frozen=True, slots=True)
class Launched:
    """The application has begun to run, in this session."""

    session_id: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the answer in REST shape."""
        return _made(cls, answer)


@dataclass(frozen=True, slots=True)
class SmtpAnswer:
    """What the mail server answered; `code` is None where no answer came."""

    code: int | None
    enhanced: str
    text: str
    host: str
    tls: str


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to a recipient, and the state after it; numbered 1, 2, 3… per recipient."""

    sequence: int
    type: str
    state: str
    at: datetime
    smtp: SmtpAnswer | None
    receipt_id: str
    why: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From an event in REST shape."""
        data = answer["data"]
        smtp = _made(SmtpAnswer, {"code": None, **_NO_ANSWER, **data["smtp"]}) if "smtp" in data else None
        why = "; ".join(data[name] for name in ("why", "not_applied") if name in data)
        return _made(
            cls, answer, at=_time(answer["at"]), smtp=smtp, receipt_id=data.get("receipt", {}).get("id", ""), why=why
        )


_NO_ANSWER = dict.fromkeys(("enhanced", "text", "host", "tls"), "")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery receipt: what a mail server reported (RFC 3464), how it was matched, and whether it moved the state."""

    id: str
    received_at: datetime
    matched_by: str
    evidence: str
    applied: bool
    note: str
    action: str
    status: str
    diagnostic: str
    reason: str
    hard: bool
    explanation: str
    final_recipient: str
    original_recipient: str
    reporting_mta: str
    remote_mta: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From a receipt in REST shape."""
        return _made(cls, answer, received_at=_time(answer["received_at"]))


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """Where one recipient stands, and all that happened on the way."""

    id: str
    address: str
    kind: str
    state: str
    state_at: datetime
    attempts: int
    expected_receipts: tuple[str, ...] | None
    events: tuple[Happening, ...]
    receipts: tuple[Receipt, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From a recipient in REST shape."""
        return _made(
            cls,
            answer,
            state_at=_time(answer["state_at"]),
            expected_receipts=_expected(answer),
            events=tuple(Happening.of(event) for event in answer["events"]),
            receipts=tuple(Receipt.of(receipt) for receipt in answer["receipts"]),
        )


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message. `session_id` is the platform's session that sent it, `caller_session_id` its caller's."""

    id: str
    message_id_header: str
    application: str | None
    subject: str
    ucid: str
    session_id: str | None
    caller_session_id: str
    tag: tuple[str, ...]
    metadata: Mapping[str, str]
    accepted_at: datetime
    recipients: tuple[RecipientStatus, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the answer in REST shape."""
        message = answer["message"]
        return _made(
            cls,
            message,
            tag=tuple(message["tag"]),
            accepted_at=_time(message["accepted_at"]),
            recipients=tuple(RecipientStatus.of(recipient) for recipient in answer["recipients"]),
        )


def _made(cls: type[T], answer: Answer, **made: Any) -> T:
    """An instance of a dataclass: the fields in `made`, the others as answered."""
    names = (field.name for field in fields(cls))  # type: ignore[arg-type]
    return cls(**{name: made[name] if name in made else answer[name] for name in names})


def _expected(answer: Answer) -> tuple[str, ...] | None:
    expected = answer["expected_receipts"]
    return None if expected is None else tuple(expected)


def _time(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
