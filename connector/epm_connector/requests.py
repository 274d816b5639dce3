"""What a caller asks, as values, in the shape of the platform's REST JSON."""

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from epm_connector.errors import ConnectorError

_FIELDS = frozenset(
    {
        *("from", "to", "cc", "bcc", "subject", "body", "html", "attachments", "headers", "applicationName", "ucid"),
        *("sessionID", "requestTimeout", "idempotencyKey", "appParameters", "parentID"),
    }
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach. Without a `content_type` the platform goes by the name."""

    file_name: str
    content: bytes
    content_type: str = ""
    content_id: str = ""
    """A picture that the HTML shows by `cid:` and this id."""

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The file at `path`. Raises OSError."""
        path = Path(path)
        return cls(path.name, path.read_bytes(), mimetypes.guess_type(path.name)[0] or "")


@dataclass(frozen=True, slots=True)
class To:
    """A recipient of whom more is to be said than a mailbox does. `substitutions` fill the `{{name}}`s of a batch's mail."""

    address: str
    name: str = ""
    notify: str | Sequence[str] = ""
    """SUCCESS, FAILURE and DELAY in any mix, or NEVER."""
    orcpt: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    substitutions: Mapping[str, str] | None = None
    """Even an empty mapping asks for a mail of its own; None does not."""

    def as_json(self) -> dict[str, Any]:
        """The members of a recipient in a REST request, without those that are left empty."""
        members = {name: getattr(self, name) for name in ("address", "name", "notify", "orcpt", "metadata")}
        given = {name: value for name, value in members.items() if value}
        return given if self.substitutions is None else {**given, "substitutions": dict(self.substitutions)}


Mailboxes = str | Sequence[str | To]


@dataclass(frozen=True, slots=True)
class Email:
    """A mail. Mailboxes may have display names: `Jo Doe <jo@example.net>`.

    To launch an application, the mail is oriented as an arriving one: `to` is the platform's own address, `sender` the outside
    address, or addresses, that the application is to talk with.
    """

    sender: str | Sequence[str]
    to: Mailboxes
    subject: str = ""
    body: str = ""
    html: str = ""
    """HTML beside or instead of `body`. SOAP carries one of the two only."""
    cc: Mailboxes = ()
    bcc: Mailboxes = ()
    attachments: Sequence[Attachment | str] = ()
    """A string is a URL, which the platform fetches."""
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The platform's emailParameters by their own names: notify, priority, sendAt, tag, metadata, sandbox, …"""
    ucid: str = ""
    session_id: str = ""
    request_timeout: int = 30
    """Seconds."""
    idempotency_key: str = ""
    """Made up where it is left out; repeat a call with the same one and it is done once."""

    def __post_init__(self) -> None:
        for name in self.parameters.keys() & _FIELDS:
            raise ConnectorError("invalid_request", f"{name} is a field of Email, no email parameter.", field=name)

    def as_json(self) -> dict[str, Any]:
        """The members of a REST request, without those that are left empty."""
        members = {
            "from": self.sender if isinstance(self.sender, str) else list(self.sender),
            "to": _list(self.to),
            "cc": _list(self.cc),
            "bcc": _list(self.bcc),
            "subject": self.subject,
            "body": self.body,
            "html": self.html,
            "attachments": [_attachment(attachment) for attachment in self.attachments],
            "headers": dict(self.headers),
            "ucid": self.ucid,
            "sessionID": self.session_id,
            "requestTimeout": self.request_timeout,
            "idempotencyKey": self.idempotency_key,
        }
        asked = {name: value for name, value in members.items() if value or name in ("from", "to")}
        return asked | {name: _plain(value) for name, value in self.parameters.items()}


def _list(mailboxes: Mailboxes) -> list[str | dict[str, Any]]:
    each = [mailboxes] if isinstance(mailboxes, str) else mailboxes
    return [one.as_json() if isinstance(one, To) else one for one in each]


def _attachment(attachment: Attachment | str) -> dict[str, str]:
    if isinstance(attachment, str):
        return {"url": attachment}
    members = {
        "fileName": attachment.file_name,
        "contentType": attachment.content_type,
        "content": base64.b64encode(attachment.content).decode("ascii"),
        "contentId": attachment.content_id,
    }
    return {name: value for name, value in members.items() if value or name == "content"}


def _plain(value: Any) -> Any:
    """Times as RFC 3339; a time without a zone is taken as local time."""
    return value.astimezone().isoformat() if isinstance(value, datetime) else value
