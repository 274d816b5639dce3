"""cancelEmail: what has not been sent yet never will be."""

from app_interface.authentication import Caller
from app_interface.operations.shapes import Shape
from app_interface.operations.status import uuid_of
from app_interface.problems import not_found
from email_processor import lifecycle
from email_processor.lifecycle import Move, Moved
from email_processor.models import EventType, Recipient, State
from epm.choices import Scope


def cancel_email(caller: Caller, message_id: str) -> Shape:
    """Cancel the recipients of a message that are still unsent; asked again, it answers alike.

    Answers {message_id, recipients: [{id, address, state, cancelled, why}]}; `why` says what it was too late for, or that the
    mail is just being sent and its worker asked to take it back: email.cancelled tells that it was in time.
    Raises not_permitted, not_found.
    """
    caller.require(Scope.SEND)
    message = caller.messages().filter(pk=uuid_of(message_id, "message")).first()
    if message is None:
        raise not_found("message")
    recipients = list(message.recipients.order_by("pk"))
    why = {"why": f"cancelled by {caller.credential}"}
    moved = lifecycle.advance([Move(row.pk, EventType.CANCELLED, State.CANCELLED, why) for row in recipients])
    return {
        "message_id": str(message.pk),
        "recipients": [_told(row, outcome) for row, outcome in zip(recipients, moved, strict=True)],
    }


def _told(recipient: Recipient, moved: Moved) -> Shape:
    cancelled = moved.state == State.CANCELLED
    return {
        "id": str(recipient.pk),
        "address": recipient.address,
        "state": moved.state.value,
        "cancelled": cancelled,
        "why": "" if cancelled else moved.why if moved.is_recalled else f"too late: {moved.why}",
    }
