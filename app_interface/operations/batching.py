"""A batch of mails: each is accepted or refused on its own, and all that is accepted is committed before the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app_interface import idempotency
from app_interface.attachments import fetched_for_all
from app_interface.authentication import Caller
from app_interface.batches import Item, read_batch
from app_interface.idempotency import Answer, Outcome
from app_interface.operations.sending import Mail, call_of, send_all
from app_interface.problems import Problem
from app_interface.rates import Allowance
from app_interface.requests import Request
from email_processor.outbound.submission import AttachedFile
from epm.choices import Scope


def send_batch(caller: Caller, parameters: Mapping[str, Any]) -> Answer:
    """Accept up to a thousand mails; a repeat under the batch's idempotency key gets the first answer.

    Answers {accepted, refused, results: [{index, recipient, email, problem}]}, in the order of what was asked. Raises Problem
    where the batch as a whole cannot be read.
    """
    caller.require(Scope.SEND)
    batch = read_batch(caller, parameters)
    call = idempotency.call_of(caller, batch.key, "sendBatch", {**parameters, "idempotencyKey": None})
    earlier = idempotency.answered(call)
    if earlier is not None:
        return earlier
    caller.spend(Allowance.RECIPIENTS, batch.recipients)
    mails = _with_attachments(caller, batch.items)
    return idempotency.once(call, lambda: _answer(batch.items, _outcomes(mails)))


def _with_attachments(caller: Caller, items: Sequence[Item]) -> list[Mail | Problem]:
    """The mails with all bytes at hand. What several attach from one URL is fetched once."""
    requests = [item.asked for item in items if isinstance(item.asked, Request)]
    seconds = max((request.timeout for request in requests), default=0)
    found = iter(fetched_for_all([request.submission.attachments for request in requests], seconds))
    return [_mail(caller, item.asked, next(found)) if isinstance(item.asked, Request) else item.asked for item in items]


def _mail(caller: Caller, request: Request, attachments: tuple[AttachedFile, ...] | Problem) -> Mail | Problem:
    if isinstance(attachments, Problem):
        return attachments
    submission = replace(request.submission, attachments=attachments) if attachments else request.submission
    return Mail(call_of(caller, request), submission)


def _outcomes(mails: Sequence[Mail | Problem]) -> list[Outcome]:
    """In order."""
    sent = iter(send_all([mail for mail in mails if isinstance(mail, Mail)]))
    return [next(sent) if isinstance(mail, Mail) else mail for mail in mails]


def _answer(items: Sequence[Item], outcomes: Sequence[Outcome]) -> Answer:
    refused = sum(isinstance(outcome, Problem) for outcome in outcomes)
    return {
        "accepted": len(outcomes) - refused,
        "refused": refused,
        "results": [_result(item, outcome) for item, outcome in zip(items, outcomes, strict=True)],
    }


def _result(item: Item, outcome: Outcome) -> Answer:
    email, problem = (None, outcome.as_json()) if isinstance(outcome, Problem) else (outcome, None)
    return {"index": item.index, "recipient": item.recipient, "email": email, "problem": problem}
