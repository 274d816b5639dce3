"""What a caller asks to have sent, as a value: already parsed and checked for form, not yet for permission or size."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from email_processor.models import Priority, Recipient, Ret
from epm.choices import InDoubtPolicy
from epm.models import Application, Credential, Zone


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of RFC 5322 3.4: the address with its domain in lower case, and the display name, decoded."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """One recipient as asked for. `notify` and `orcpt` are empty where the caller leaves them to the platform."""

    mailbox: Mailbox
    kind: Recipient.Kind = Recipient.Kind.TO
    notify: str = ""
    orcpt: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An attachment with its bytes at hand. `url` says where they were fetched, if they were.

    With a `content_id` it is part of the HTML body, which shows it as cid:content_id (RFC 2392).
    """

    file_name: str
    content_type: str
    content: bytes
    url: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """The emailParameters of contract.md 2."""

    notify: str = ""
    ret: Ret = Ret.HDRS
    envid: str = ""
    priority: Priority = Priority.NORMAL
    send_at: datetime | None = None
    expire_at: datetime | None = None
    tell_by: datetime | None = None
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    connection: str = ""
    sandbox: bool = False
    in_doubt: InDoubtPolicy | None = None
    reply_to: tuple[Mailbox, ...] = ()
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A whole mail to be accepted. `application` is None only for callers of other channels."""

    zone: Zone
    application: Application | None
    credential: Credential | None
    sender: Mailbox
    """Of a mail to send, the platform's side; of one that launchEmail describes as arriving, the outside address."""
    destinations: tuple[Destination, ...]
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[AttachedFile, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    ucid: str = ""
    caller_session: str = ""
    parent: str = ""
    session: UUID | None = None
    """The Email Browser's session that sends this, if one does."""
    also_from: tuple[Mailbox, ...] = ()
    """Further outside addresses that launchEmail describes; a mail to send has one sender."""
    options: Options = field(default_factory=Options)

    def of_kind(self, kind: Recipient.Kind) -> tuple[Mailbox, ...]:
        """The mailboxes of one address header."""
        return tuple(d.mailbox for d in self.destinations if d.kind == kind)


class Refused(Exception):
    """A submission that cannot be accepted. `code` is a code of contract.md 5, `field` the parameter it is about."""

    def __init__(self, code: str, detail: str, *, field: str = "", **extra: Any) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field, self.extra = code, detail, field, extra
