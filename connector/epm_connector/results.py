"""What the platform answered, as values, equal over both protocols. Times are aware datetimes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self, TypeVar

from epm_connector.errors import ConnectorError, error_of

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
class BatchResult:
    """What became of one mail of a batch: `sent`, or `error` says why not. `index` says which of the messages, `recipient`
    which of its `to` in a mail merge, both from 0.
    """

    index: int
    recipient: int | None
    sent: Sent | None
    error: ConnectorError | None

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From a result in REST shape."""
        sent = None if answer["email"] is None else Sent.of(answer["email"])
        return _made(cls, answer, sent=sent, error=None if answer["problem"] is None else error_of(answer["problem"]))


@dataclass(frozen=True, slots=True)
class Batch:
    """How many mails of a batch were accepted and refused, and the result of each, in order."""

    accepted: int
    refused: int
    results: tuple[BatchResult, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the answer in REST shape."""
        return _made(cls, answer, results=tuple(BatchResult.of(result) for result in answer["results"]))


@dataclass(frozen=True, slots=True)
class CancelledRecipient:
    """Where a recipient stands after cancelling; `why` says what it was too late for."""

    id: str
    address: str
    state: str
    cancelled: bool
    why: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What is still unsent of a message has been cancelled."""

    message_id: str
    recipients: tuple[CancelledRecipient, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the answer in REST shape."""
        return _made(cls, answer, recipients=tuple(_made(CancelledRecipient, one) for one in answer["recipients"]))


@dataclass(frozen=True, slots=True)
class Event:
    """What an application is told: the same whether it is pushed to its notification URL or read by cursor.

    `sequence` counts 1, 2, 3… per recipient. `message`, `recipient`, `smtp` and `receipt` are as the platform's documents
    describe them; `smtp` or `receipt` is None where the event has none.
    """

    id: str
    type: str
    timestamp: datetime
    application: str
    zone: str
    sequence: int
    message: Mapping[str, Any]
    recipient: Mapping[str, Any]
    smtp: Mapping[str, Any] | None
    receipt: Mapping[str, Any] | None

    @classmethod
    def of(cls, told: Answer) -> Self:
        """From the JSON of a notification, as `verify` gives it."""
        about = {"message": told.get("message", {}), "recipient": told.get("recipient", {})}
        return _made(
            cls, told, timestamp=_time(told["timestamp"]), smtp=told.get("smtp"), receipt=told.get("receipt"), **about
        )


@dataclass(frozen=True, slots=True)
class Events:
    """A page of events, oldest first, and the cursor of the page behind it."""

    events: tuple[Event, ...]
    next: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the answer in REST shape."""
        return _made(cls, answer, events=tuple(Event.of(told) for told in answer["events"]))


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
