"""What the browser tells an application (contract.md 7): {session {…}, event {message | receipt | launch …}}."""

import json
from typing import Any

from email_processor import events
from email_processor.browser.mailboxes import as_text
from email_processor.inbound.payload import receipt_payload
from email_processor.models import DeliveryReceipt, Recipient, Session, Turn
from email_processor.outbound.submission import Submission


def body(session: Session, turn: Turn) -> bytes:
    """The JSON of one exchange; the same over all its tries."""
    told = {
        "session": {
            "id": str(session.pk),
            "type": _type(session, turn),
            "turn": turn.number,
            "parent": session.parent,
            "parameters": session.parameters,
            "variables": session.variables,
        },
        "event": turn.event,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def launch_event(submission: Submission) -> dict[str, Any]:
    """The mail that a launchEmail caller describes, as if it had arrived. Attachments are named, their bytes not kept.

    What is said about sending (notify, ret, …) applies to the mails of the session.
    """
    options = submission.options
    return {
        "launch": {
            "from": ", ".join(as_text(mailbox) for mailbox in (submission.sender, *submission.also_from)),
            "to": _texts(submission, Recipient.Kind.TO),
            "cc": _texts(submission, Recipient.Kind.CC),
            "subject": submission.subject,
            "text": submission.text,
            "html": submission.html,
            "headers": [list(header) for header in submission.headers],
            "attachments": [
                {"name": file.file_name, "type": file.content_type, "size": len(file.content)}
                for file in submission.attachments
            ],
            "ucid": submission.ucid,
            "session_id": submission.caller_session,
            "tag": list(options.tags),
            "metadata": options.metadata,
            "notify": options.notify,
            "ret": options.ret,
            "priority": options.priority.label,
            "connection": options.connection,
            "sandbox": options.sandbox,
        }
    }


def receipt_event(receipt: DeliveryReceipt, recipient: Recipient) -> dict[str, Any]:
    """A delivery receipt, with the message and the recipient it is about, in the shapes of contract.md 6."""
    return {
        "receipt": receipt_payload(receipt),
        "message": events.message_payload(recipient.message, recipient),
        "recipient": {"id": str(recipient.pk), "address": recipient.address, "state": recipient.state},
    }


def storable(value: Any) -> Any:
    """`value` without what PostgreSQL does not store in JSON: NUL, and half a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def _type(session: Session, turn: Turn) -> str:
    """Why the application is called now: for a session's first turn its own type, later what came in."""
    if turn.number == 1:
        return session.type
    return Session.Type.RECEIPT if "receipt" in turn.event else Session.Type.REPLY


def _texts(submission: Submission, kind: Recipient.Kind) -> list[str]:
    return [as_text(mailbox) for mailbox in submission.of_kind(kind)]
