"""sendEmail: the mail is accepted, which is to say committed, before the caller is answered.

Mails that several callers send at the same time are committed together (`lib.together`), by `send_all`, as those of a batch are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from app_interface import idempotency
from app_interface.authentication import Caller
from app_interface.idempotency import Answer, Call, Outcome
from app_interface.problems import Problem, from_refused
from app_interface.rates import Allowance
from app_interface.requests import Request, read_send
from email_processor.models import Recipient
from email_processor.outbound.acceptance import Accepted, accept_many
from email_processor.outbound.submission import Refused, Submission
from epm.choices import Scope
from epm.models import Application
from lib.together import Together

LARGE = 1_000_000
"""Octets of a mail that is committed by itself."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to accept, complete with the bytes of its attachments."""

    call: Call
    submission: Submission

    @property
    def is_large(self) -> bool:
        """Would it keep others waiting? That is, has it more than LARGE octets."""
        mail = self.submission
        return len(mail.text) + len(mail.html) + sum(len(file.content) for file in mail.attachments) > LARGE


def send_email(caller: Caller, parameters: Mapping[str, Any]) -> Answer:
    """Accept a mail; a repeat under its idempotency key gets the first answer.

    Answers {message_id, application, notification, recipients: [{id, address, kind, state, expected_receipts}]}.
    Raises Problem and Refused.
    """
    caller.require(Scope.SEND)
    request = read_send(caller, parameters)
    call = call_of(caller, request)
    earlier = idempotency.answered(call)
    if earlier is not None:
        return earlier
    caller.spend(Allowance.RECIPIENTS, len(request.submission.destinations))
    mail = Mail(call, request.with_attachments())
    outcome = _commit([mail])[0] if mail.is_large else _send_together(mail)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def call_of(caller: Caller, request: Request) -> Call:
    """`request` under its idempotency key."""
    return idempotency.call_of(caller, request.idempotency_key, "sendEmail", request.submission)


def send_all(mails: Sequence[Mail]) -> list[Outcome]:
    """Accept each of `mails` that is no repeat, all in one commit; answers each, in order."""

    def run(positions: Sequence[int]) -> list[Outcome]:
        submissions = [mails[position].submission for position in positions]
        return [_outcome(*pair) for pair in zip(submissions, accept_many(submissions), strict=True)]

    return idempotency.once_each([mail.call for mail in mails], run)


def _commit(mails: Sequence[Mail]) -> list[Outcome]:
    # What is answered must be committed: no outer transaction may undo it, least of all one of another caller's thread.
    with transaction.atomic(durable=True):
        return send_all(mails)


_send_together = Together(_commit, hopeless=(OperationalError, InterfaceError))


def _outcome(submission: Submission, accepted: Accepted | Refused) -> Outcome:
    return from_refused(accepted) if isinstance(accepted, Refused) else answer_of(submission, accepted)


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
