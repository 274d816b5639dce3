"""The fields of a mail in a `send` or `reply` action: named as in sendEmail (contract.md 2), read strictly."""

from collections.abc import Callable, Mapping
from typing import Any

from email_processor.browser.mailboxes import mailboxes
from email_processor.browser.occasion import Occasion
from email_processor.models import Priority, Recipient, Ret
from email_processor.outbound.submission import Destination, Mailbox, Options, Refused, Submission


def submission(occasion: Occasion, fields: Mapping[str, Any]) -> Submission:
    """The Submission that `fields` describe, sent by the session of `occasion`. Raises Refused, naming the field."""
    given = read({"from": occasion.own_address, **occasion.inherited, **fields})
    session = occasion.session
    return Submission(
        zone=session.application.zone,
        application=session.application,
        credential=None,
        sender=given["from"],
        destinations=_destinations(given),
        subject=given.get("subject", ""),
        text=given.get("body", ""),
        html=given.get("html", ""),
        headers=given.get("headers", ()),
        ucid=given.get("ucid", ""),
        caller_session=occasion.launch.get("session_id", ""),
        parent=session.parent,
        session=session.pk,
        options=Options(
            notify=given.get("notify", ""),
            ret=given.get("ret", Ret.HDRS),
            priority=given.get("priority", Priority.NORMAL),
            tags=given.get("tag", ()),
            metadata=dict(given.get("metadata", ())),
            connection=given.get("connection", ""),
            sandbox=given.get("sandbox", False),
            reply_to=given.get("replyTo", ()),
        ),
    )


def read(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Each field in the form a Submission wants. Raises Refused for an unknown name or a value of another form."""
    values = {}
    for name, value in fields.items():
        if name not in FIELDS:
            raise Refused("invalid_request", f"There is no field {name[:50]!r} in this action.", field=name[:50])
        try:
            values[name] = FIELDS[name](value)
        except ValueError as error:
            raise Refused("invalid_request", f"{name}: {error}", field=name) from error
    return values


def _destinations(given: Mapping[str, Any]) -> tuple[Destination, ...]:
    return tuple(
        Destination(mailbox, kind)
        for kind in (Recipient.Kind.TO, Recipient.Kind.CC, Recipient.Kind.BCC)
        for mailbox in given.get(kind.value, ())
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _mailbox(value: Any) -> Mailbox:
    found = mailboxes(_text(value))
    if len(found) != 1:
        raise ValueError("expected one mailbox")
    return found[0]


def _mailboxes(value: Any) -> tuple[Mailbox, ...]:
    """A list of texts or one text; each may hold several mailboxes, separated by commas."""
    return tuple(mailbox for text in _texts(value) for mailbox in mailboxes(text))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value) if isinstance(value, list) else (_text(value),)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError("expected an object of names and texts")
    return tuple((name, _text(text)) for name, text in value.items())


def _notify(value: Any) -> str:
    return ",".join(word.strip().upper() for text in _texts(value) for word in text.split(","))


def _priority(value: Any) -> Priority:
    words = {priority.label: priority for priority in Priority}
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return words[value]


def _ret(value: Any) -> Ret:
    if value not in Ret.values:
        raise ValueError(f"expected one of {', '.join(Ret.values)}")
    return Ret(value)


FIELDS: dict[str, Callable[[Any], Any]] = {
    "from": _mailbox,
    "to": _mailboxes,
    "cc": _mailboxes,
    "bcc": _mailboxes,
    "replyTo": _mailboxes,
    "subject": _text,
    "body": _text,
    "html": _text,
    "headers": _pairs,
    "ucid": _text,
    "notify": _notify,
    "ret": _ret,
    "priority": _priority,
    "tag": _texts,
    "metadata": _pairs,
    "connection": _text,
    "sandbox": _flag,
}
