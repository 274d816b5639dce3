"""A batch of mails: each is accepted or refused on its own, and all that is accepted is committed before the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from app_interface import idempotency
from app_interface.attachments import fetched_for_all
from app_interface.authentication import Caller
from app_interface.batches import Item, read_batch
from app_interface.idempotency import Answer
from app_interface.operations.sending import answer_of, digest_of, send
from app_interface.problems import Problem, from_refused
from app_interface.rates import Allowance
from app_interface.requests import Request
from email_processor.outbound.acceptance import Accepted, accept_many
from email_processor.outbound.submission import AttachedFile, Refused, Submission
from epm.choices import Scope

Outcome = Answer | Problem


def send_batch(caller: Caller, parameters: Mapping[str, Any]) -> Answer:
    """Accept up to a thousand mails; a repeat under the batch's idempotency key gets the first answer.

    Answers {accepted, refused, results: [{index, recipient, email, problem}]}, in the order of what was asked. Raises Problem
    where the batch as a whole cannot be read.
    """
    caller.require(Scope.SEND)
    batch = read_batch(caller, parameters)
    digest = idempotency.fingerprint("sendBatch", {**parameters, "idempotencyKey": None}) if batch.key else ""
    earlier = idempotency.answered(caller, batch.key, digest)
    if earlier is not None:
        return earlier
    caller.spend(Allowance.RECIPIENTS, batch.recipients)
    ready = _with_attachments(batch.items)
    return idempotency.once(caller, batch.key, digest, lambda: _answer(batch.items, _outcomes(caller, ready)))


def _with_attachments(items: Sequence[Item]) -> list[Request | Problem]:
    """The requests with all bytes at hand. What several mails attach from one URL is fetched once."""
    requests = [item.asked for item in items if isinstance(item.asked, Request)]
    seconds = max((request.timeout for request in requests), default=0)
    found = iter(fetched_for_all([request.submission.attachments for request in requests], seconds))
    return [_completed(item.asked, next(found)) if isinstance(item.asked, Request) else item.asked for item in items]


def _completed(request: Request, attachments: tuple[AttachedFile, ...] | Problem) -> Request | Problem:
    return attachments if isinstance(attachments, Problem) else request.completed(attachments)


def _outcomes(caller: Caller, ready: Sequence[Request | Problem]) -> list[Outcome]:
    """In order. Those with an idempotency key of their own go one by one, all others in few statements."""
    plain = [
        position for position, asked in enumerate(ready) if isinstance(asked, Request) and not asked.idempotency_key
    ]
    submissions = [asked.submission for asked in ready if isinstance(asked, Request) and not asked.idempotency_key]
    outcomes: dict[int, Outcome] = dict(zip(plain, map(_outcome, submissions, accept_many(submissions)), strict=True))
    for position, asked in enumerate(ready):
        if position not in outcomes:
            outcomes[position] = asked if isinstance(asked, Problem) else _alone(caller, asked)
    return [outcomes[position] for position in range(len(ready))]


def _outcome(submission: Submission, accepted: Accepted | Refused) -> Outcome:
    return from_refused(accepted) if isinstance(accepted, Refused) else answer_of(submission, accepted)


def _alone(caller: Caller, request: Request) -> Outcome:
    try:
        return send(caller, request, digest_of(request))
    except Problem as problem:
        return problem
    except Refused as refused:
        return from_refused(refused)


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
