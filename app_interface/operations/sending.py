"""sendEmail: the mail is accepted, which is to say committed, before the caller is answered."""

from collections.abc import Mapping
from typing import Any

from app_interface import idempotency
from app_interface.authentication import Caller
from app_interface.idempotency import Answer
from app_interface.rates import Allowance
from app_interface.requests import Request, read_send
from email_processor.models import Recipient
from email_processor.outbound.acceptance import Accepted, accept
from email_processor.outbound.submission import Submission
from epm.choices import Scope
from epm.models import Application


def send_email(caller: Caller, parameters: Mapping[str, Any]) -> Answer:
    """Accept a mail; a repeat under its idempotency key gets the first answer.

    Answers {message_id, application, notification, recipients: [{id, address, kind, state, expected_receipts}]}.
    Raises Problem and Refused.
    """
    caller.require(Scope.SEND)
    request = read_send(caller, parameters)
    digest = digest_of(request)
    earlier = idempotency.answered(caller, request.idempotency_key, digest)
    if earlier is not None:
        return earlier
    caller.spend(Allowance.RECIPIENTS, len(request.submission.destinations))
    return send(caller, request, digest)


def digest_of(request: Request) -> str:
    """What tells `request` from another under its idempotency key."""
    return idempotency.fingerprint("sendEmail", request.submission) if request.idempotency_key else ""


def send(caller: Caller, request: Request, digest: str) -> Answer:
    """Accept the mail that `request` describes; answers and raises as `send_email`."""
    submission = request.with_attachments()
    return idempotency.once(caller, request.idempotency_key, digest, lambda: answer_of(submission, accept(submission)))


def answer_of(submission: Submission, accepted: Accepted) -> Answer:
    """What a caller is told of an accepted mail."""
    return {
        "message_id": str(accepted.message.pk),
        "application": str(submission.application) if submission.application else None,
        "notification": notification_sentence(submission.application),
        "recipients": [_recipient(row, accepted.expected[row.pk]) for row in accepted.recipients],
    }


def _recipient(recipient: Recipient, expected: list[str] | None) -> dict[str, Any]:
    return {
        "id": str(recipient.pk),
        "address": recipient.address,
        "kind": recipient.kind,
        "state": recipient.state,
        "expected_receipts": expected,
    }


def notification_sentence(application: Application | None) -> str:
    """Who will be told what becomes of a mail, in words."""
    if application is None:
        return "There will be no notification: the request names no email application."
    if not application.notification_url:
        return f"There will be no notification: {application} has no notification URL."
    what = "what the email server answers" + (", and of delivery reports" if application.supports_delivery else "")
    return f"The notification URL of {application} will be told {what}."
