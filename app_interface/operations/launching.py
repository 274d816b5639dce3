"""launchEmail: an application begins to run, as if the described mail had arrived for it."""

from collections.abc import Mapping
from typing import Any

from app_interface import idempotency
from app_interface.authentication import Caller
from app_interface.idempotency import Answer
from app_interface.requests import read_launch
from email_processor.browser.launching import launch
from epm.choices import Scope


def launch_email(caller: Caller, parameters: Mapping[str, Any]) -> Answer:
    """Launch an application and wait until its URL has answered; a repeat under its idempotency key gets the first answer.

    Answers {session_id}. Raises Problem and Refused.
    """
    caller.require(Scope.LAUNCH)
    request = read_launch(caller, parameters)
    asked = [request.submission, request.app_parameters]
    call = idempotency.call_of(caller, request.idempotency_key, "launchEmail", asked)
    earlier = idempotency.answered(call)
    if earlier is not None:
        return earlier
    submission = request.with_attachments()

    def run() -> Answer:
        session = launch(submission, request.app_parameters, timeout=request.timeout)
        return {"session_id": str(session.pk)}

    return idempotency.once_outside(call, run)
