"""Search: which mails went to whom, recipient by recipient, newest first."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.pages import applications_of, newest
from app_interface.queries import EMAILS, RECEIPTS, read_query
from email_processor.models import DeliveryReceipt, Recipient, State
from epm.choices import Scope

_IN_THE_QUEUE = frozenset({State.QUEUED, State.SENDING, State.DEFERRED})


def search(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {emails: […], next}. Raises not_permitted, invalid_request, unknown_application."""
    caller.require(Scope.READ)
    values = read_query(EMAILS, query)
    rows, cursor = newest(_recipients(caller, values), values)
    return {"emails": [shapes.found(row) for row in rows], "next": cursor}


def receipts(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {receipts: […], next}. Raises as `search`."""
    caller.require(Scope.READ)
    values = read_query(RECEIPTS, query)
    rows, cursor = newest(_receipts(caller, values), values)
    return {"receipts": [shapes.receipt_of_message(row) for row in rows], "next": cursor}


def _recipients(caller: Caller, values: Mapping[str, Any]) -> "Iterator[QuerySet[Recipient]]":
    found = Recipient.objects.select_related("message", "application__zone")
    if "recipient" in values:
        found = found.filter(address=values["recipient"])
    if "ucid" in values:
        found = found.filter(message__ucid=values["ucid"])
    if "state" in values:
        found = found.filter(state=values["state"])
    if values.get("state") in _IN_THE_QUEUE:
        found = found.filter(due_at__isnull=False)  # what is in the queue has an index of its own, and is little
    for application in applications_of(caller, values):
        yield found.filter(application=application)
    if "application" not in values:
        yield found.filter(application=None, message__credential=caller.credential)


def _receipts(caller: Caller, values: Mapping[str, Any]) -> "Iterator[QuerySet[DeliveryReceipt]]":
    found = DeliveryReceipt.objects.filter(recipient__isnull=False).select_related("recipient")
    if "recipient" in values:
        found = found.filter(recipient__address=values["recipient"])
    for application in applications_of(caller, values):
        yield found.filter(application=application)
    if "application" not in values:
        yield found.filter(application=None, recipient__message__credential=caller.credential)
