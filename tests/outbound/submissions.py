"""Submissions for tests: valid as they stand, give only what the test is about."""

from typing import Any

from email_processor.models import Recipient
from email_processor.outbound.submission import Destination, Mailbox, Options, Submission
from epm.models import Application, Zone


def make_submission(
    zone: Zone,
    *addresses: str,
    application: Application | None = None,
    options: dict[str, Any] | None = None,
    **fields: Any,
) -> Submission:
    defaults = {
        "credential": None,
        "sender": Mailbox("shop@example.com", "The Shop"),
        "destinations": tuple(
            Destination(Mailbox(address), Recipient.Kind.TO) for address in addresses or ("ann@example.net",)
        ),
        "subject": "Your order",
        "text": "It is on its way.\n",
        "options": Options(**(options or {})),
    }
    return Submission(zone=zone, application=application, **{**defaults, **fields})
