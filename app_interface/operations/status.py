"""getEmailStatus: the whole story of one message."""

from uuid import UUID

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.problems import not_found
from email_processor.timeline import timeline
from epm.choices import Scope


def email_status(caller: Caller, message_id: str) -> Shape:
    """Answers {message_id, message, recipients, sessions}; see `shapes`. Raises not_permitted, not_found."""
    caller.require(Scope.READ)
    rows = (
        caller.messages()
        .select_related("zone", "application__zone", "connection")
        .prefetch_related("zone__connections")
    )
    message = rows.filter(pk=uuid_of(message_id, "message")).first()
    if message is None:
        raise not_found("message")
    story = timeline(message)
    return {
        "message_id": str(message.pk),
        "message": shapes.message(message, story.attachments, [told.recipient for told in story.recipients]),
        "recipients": [shapes.recipient(message, told) for told in story.recipients],
        "sessions": [shapes.session(session) for session in story.sessions],
    }


def uuid_of(text: str, what: str) -> UUID:
    """`text` as an id. Raises not_found where it cannot be one."""
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found(what) from error
