"""What a delivery report says, as values (RFC 3464; RFC 6533 for internationalized addresses)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Field = tuple[str, str]
Fields = tuple[Field, ...]


class Action(StrEnum):
    """RFC 3464 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Fault(StrEnum):
    """On whose side the cause lies, and so who can do something about it."""

    RECIPIENT = "recipient"
    US = "us"
    NETWORK = "network"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a mail was not delivered: `word` is the class, `explanation` one sentence with what to do, `rule` what matched."""

    word: str
    permanent: bool
    fault: Fault
    explanation: str
    rule: str


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """One recipient's block.

    Addresses and MTA names come without their type prefix, xtext and utf-8-addr-xtext decoded (RFC 3461 4, RFC 6533 3);
    the literal values stand in `fields`, in the order of the report. Times are UTC. What is not said is "" or None.
    `status` is the best enhanced status known (RFC 3463), `reported_status` what the Status field literally said.
    `handed_on`: it is called delivered, but the notice says that it went on to a server that reports nothing (Exim does).
    """

    final_recipient: str
    original_recipient: str
    action: Action
    status: str
    reported_status: str
    diagnostic_code: str
    diagnostic_type: str
    remote_mta: str
    last_attempt_date: datetime | None
    will_retry_until: datetime | None
    final_log_id: str
    fields: Fields
    reason: Reason
    handed_on: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed delivery report; `original_headers` are those of the returned mail, `reader` names who read it.

    `truncated` says that the report held more recipients than are read (limits.RECIPIENTS).
    """

    reporting_mta: str
    original_envelope_id: str
    arrival_date: datetime | None
    received_from_mta: str
    dsn_gateway: str
    fields: Fields
    recipients: tuple[ReportedRecipient, ...]
    original_message_id: str
    original_headers: Fields
    reader: str
    truncated: bool = False
