"""A raw mail handed in over HTTP, as if it had arrived by SMTP."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from app_interface.authentication import Caller
from app_interface.operations.shapes import Shape
from app_interface.problems import Problem, invalid
from app_interface.queries import ENVELOPE, read_query
from email_processor.inbound.intake import is_storable, take_in
from email_processor.models import InboundMessage
from epm.choices import Scope


def take_in_mail(caller: Caller, raw: bytes, query: Mapping[str, Any]) -> Shape:
    """Store a mail, committed before the answer {id}; the same mail again gets the same answer.

    Reports are believed by their signed return paths alone, whoever hands them in. Raises not_permitted, invalid_request,
    payload_too_large.
    """
    caller.require(Scope.MANAGE)
    values = read_query(ENVELOPE, query)
    sender, recipient = values.get("mailFrom", ""), values["rcptTo"]
    if sender and not is_storable(sender):
        raise invalid("This is no address.", "mailFrom")
    if not raw.strip():
        raise invalid("The body is the mail itself, and it is empty.")
    if len(raw) > settings.EPM_INBOUND_LIMIT:
        raise Problem("payload_too_large", f"A mail has at most {settings.EPM_INBOUND_LIMIT:,} octets.")
    row = take_in(raw, mail_from=sender, rcpt_to=recipient, source=InboundMessage.Source.HTTP)
    return {"id": str(row.pk)}
