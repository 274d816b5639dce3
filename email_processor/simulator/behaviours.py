"""How the simulated world treats a recipient, decided by the recipient's local part.

`bounce@anything.example`, `bounce+42@…` and `bounce.anna@…` all meet the behaviour `bounce`; a local part that names
no behaviour is `delivered`. The table BEHAVIOURS is the one place where all this is written down: the server reads it
to answer, `describe()` hands it to whoever prints help.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum


class Action(StrEnum):
    """The Action field of a delivery report (RFC 3464, 2.3.3)."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Style(StrEnum):
    """In whose handwriting a report is made out."""

    STANDARD = "standard"
    EXIM = "exim"
    POSTFIX = "postfix"
    QMAIL = "qmail"
    EXCHANGE = "exchange"
    SENDMAIL = "sendmail"


class Answer(StrEnum):
    """What a reader, not a mail server, sends back."""

    COMPLAINT = "complaint"
    READ = "read"
    VACATION = "vacation"
    REPLY = "reply"


class Wait(Enum):
    """How long after acceptance something follows; the world's `short_wait` and `long_wait` give the seconds."""

    NONE = "at once"
    SHORT = "after the short wait"
    LONG = "after the long wait"


class Break(Enum):
    """Where the connection is broken off."""

    NOWHERE = "nowhere"
    INSIDE_DATA = "inside DATA, nothing was taken"
    AFTER_DOT = "after the final dot and before the reply, the mail was taken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recipient block of a report that may follow, if NOTIFY asks for its kind.

    `member` names the mailbox behind a list: the Final-Recipient is then `member@<domain>` instead of the recipient.
    """

    action: Action
    status: str
    diagnostic: str = ""
    wait: Wait = Wait.NONE
    style: Style = Style.STANDARD
    member: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to a recipient: at the door (replies), then afterwards (outcomes and answers).

    A reply is a whole SMTP reply line, or "" for the usual 250. `once` limits the replies and the break to the first
    time an envelope (return path, ENVID and recipient together) is seen; after that the recipient is accepted.
    """

    name: str
    help: str
    aliases: tuple[str, ...] = ()
    mail_reply: str = ""
    rcpt_reply: str = ""
    data_reply: str = ""
    breaks: Break = Break.NOWHERE
    slow: bool = False
    once: bool = False
    outcomes: tuple[Outcome, ...] = ()
    answer: Answer | None = None


_DELIVERED = Outcome(Action.DELIVERED, "2.1.5", "smtp; 250 2.1.5 Put into the mailbox")
_UNKNOWN = Outcome(Action.FAILED, "5.1.1", "smtp; 550 5.1.1 No mailbox here by that name")
_FULL = Outcome(Action.FAILED, "5.2.2", "smtp; 552 5.2.2 The mailbox is full")
_BUSY_REPLY = "421 4.3.2 Too busy, closing the connection"

_DROP_DATA = Behaviour(
    "drop-data",
    "The connection is broken inside DATA; nothing was taken.",
    breaks=Break.INSIDE_DATA,
    outcomes=(_DELIVERED,),
)
_DROP_DOT = Behaviour(
    "drop-dot",
    "The mail is taken and delivered, but the connection is broken after the final dot, before the reply.",
    breaks=Break.AFTER_DOT,
    outcomes=(_DELIVERED,),
)
_BUSY = Behaviour(
    "busy",
    "421 4.3.2 at RCPT, and the connection is closed; as the sender's local part: at MAIL.",
    mail_reply=_BUSY_REPLY,
    rcpt_reply=_BUSY_REPLY,
    outcomes=(_DELIVERED,),
)


def _once(behaviour: Behaviour) -> Behaviour:
    return replace(
        behaviour,
        name=f"{behaviour.name}-once",
        help=f"As {behaviour.name} the first time this envelope is seen, then delivered.",
        mail_reply="",
        once=True,
    )


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        "delivered", "Accepted; a success report. So is any local part not in this list.", outcomes=(_DELIVERED,)
    ),
    Behaviour("bounce", "Accepted, then a failure report 5.1.1.", aliases=("unknown",), outcomes=(_UNKNOWN,)),
    Behaviour("refused", "550 5.1.1 at RCPT.", rcpt_reply="550 5.1.1 No mailbox here by that name"),
    Behaviour("full", "Accepted, then a failure report 5.2.2.", outcomes=(_FULL,)),
    Behaviour("full-now", "452 4.2.2 at RCPT, every time.", rcpt_reply="452 4.2.2 The mailbox is full, try later"),
    Behaviour(
        "deferred",
        "451 4.7.1 at RCPT the first time this envelope is seen (greylisting), then accepted; a success report.",
        rcpt_reply="451 4.7.1 Greylisted, please try again",
        once=True,
        outcomes=(_DELIVERED,),
    ),
    _BUSY,
    _once(_BUSY),
    Behaviour(
        "delayed",
        "Accepted; a delay report at once, then after the short wait a success report.",
        outcomes=(
            Outcome(Action.DELAYED, "4.4.1", "smtp; 451 4.4.1 The next server does not answer"),
            replace(_DELIVERED, wait=Wait.SHORT),
        ),
    ),
    Behaviour(
        "relayed",
        "Accepted; a report that the mail went on to a server that makes no reports (Action: relayed).",
        outcomes=(Outcome(Action.RELAYED, "2.0.0", "smtp; 250 2.0.0 Taken over"),),
    ),
    Behaviour(
        "expanded",
        "A list: a report with Action: expanded, then success reports of its two members.",
        outcomes=(
            Outcome(Action.EXPANDED, "2.1.5", "smtp; 250 2.1.5 Expanded to 2 members"),
            replace(_DELIVERED, wait=Wait.SHORT, member="first-member"),
            replace(_DELIVERED, wait=Wait.SHORT, member="second-member"),
        ),
    ),
    Behaviour("silent", "Accepted; no report ever follows."),
    Behaviour(
        "late", "Accepted; a success report after the long wait.", outcomes=(replace(_DELIVERED, wait=Wait.LONG),)
    ),
    Behaviour(
        "late-bounce",
        "Accepted; a failure report 5.1.1 after the long wait.",
        outcomes=(replace(_UNKNOWN, wait=Wait.LONG),),
    ),
    Behaviour(
        "turncoat",
        "Accepted; a success report, and after the short wait a failure report that takes it back.",
        outcomes=(_DELIVERED, replace(_UNKNOWN, wait=Wait.SHORT)),
    ),
    Behaviour("spam", "554 5.7.1 after the final dot.", data_reply="554 5.7.1 This mail looks like spam"),
    Behaviour(
        "slow",
        "Every reply about this recipient takes its time; a success report.",
        slow=True,
        outcomes=(_DELIVERED,),
    ),
    _DROP_DATA,
    _once(_DROP_DATA),
    _DROP_DOT,
    _once(_DROP_DOT),
    Behaviour(
        "complaint",
        "Delivered, then the reader presses 'spam': an abuse report (RFC 5965) to the return path.",
        outcomes=(_DELIVERED,),
        answer=Answer.COMPLAINT,
    ),
    Behaviour(
        "read",
        "Delivered, then read: a read report (RFC 8098), if Disposition-Notification-To asks for one.",
        outcomes=(_DELIVERED,),
        answer=Answer.READ,
    ),
    Behaviour(
        "vacation",
        "Delivered, then an automatic answer (RFC 3834) to the return path, unless the mail is itself automatic.",
        outcomes=(_DELIVERED,),
        answer=Answer.VACATION,
    ),
    Behaviour(
        "reply",
        "Delivered, then a person answers: a regular mail to Reply-To or From, threaded and quoting.",
        outcomes=(_DELIVERED,),
        answer=Answer.REPLY,
    ),
    Behaviour(
        "exim-style",
        "A failure report with Status 5.0.0 and the truth in Diagnostic-Code alone.",
        outcomes=(replace(_UNKNOWN, status="5.0.0", style=Style.EXIM),),
    ),
    Behaviour(
        "postfix-style",
        "A failure report with X-Postfix fields and described parts.",
        outcomes=(replace(_UNKNOWN, style=Style.POSTFIX),),
    ),
    Behaviour(
        "qmail-style",
        "A failure report as bare text (QSBMF), no standard part at all.",
        outcomes=(replace(_UNKNOWN, style=Style.QMAIL),),
    ),
    Behaviour(
        "exchange-style",
        "A failure report with HTML, Status 5.1.10 and no Original-Recipient.",
        outcomes=(
            Outcome(
                Action.FAILED,
                "5.1.10",
                "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; recipient is not in the directory",
                style=Style.EXCHANGE,
            ),
        ),
    ),
    Behaviour(
        "sendmail-style",
        "A failure report whose Diagnostic-Code and text carry an SMTP transcript.",
        outcomes=(replace(_UNKNOWN, style=Style.SENDMAIL),),
    ),
)

_DEFAULT = BEHAVIOURS[0]
_BY_NAME = {name: behaviour for behaviour in BEHAVIOURS for name in (behaviour.name, *behaviour.aliases)}


def behaviour_of(address: str) -> Behaviour:
    """The behaviour an address names by its local part, up to a `+` or `.`; `delivered` if it names none."""
    local_part = address.rpartition("@")[0].strip('"').lower()
    return _BY_NAME.get(local_part.partition("+")[0].partition(".")[0], _DEFAULT)


def describe() -> list[Behaviour]:
    """All behaviours in reading order; `name`, `aliases` and `help` are meant for people."""
    return list(BEHAVIOURS)


def help_page() -> str:
    """The table as plain text, one behaviour a line."""
    return "\n".join(_help_lines(describe()))


def _help_lines(behaviours: Iterable[Behaviour]) -> Iterable[str]:
    for behaviour in behaviours:
        names = ", ".join((behaviour.name, *behaviour.aliases))
        yield f"{names:<16}  {behaviour.help}"
