"""Search: which mails went to whom, recipient by recipient, newest first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.pages import Stream, applications_of, newest, of_each
from app_interface.queries import EMAILS, RECEIPTS, read_query
from email_processor.models import DeliveryReceipt, Message, Recipient
from email_processor.models.recipient import RESTING
from epm.choices import Scope
from epm.models import Application

_FEW = 1_000
"""So many messages may have one ucid, and so many recipients one address, that what is theirs is looked up by their keys."""


def search(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {emails: […], next}. Raises not_permitted, invalid_request, unknown_application."""
    caller.require(Scope.READ)
    values = read_query(EMAILS, query)
    shown = Recipient.objects.select_related("message", "application__zone")
    rows, cursor = newest(shown, _recipients(caller, values), values)
    return {"emails": [shapes.found(row) for row in rows], "next": cursor}


def receipts(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {receipts: […], next}. Raises as `search`."""
    caller.require(Scope.READ)
    values = read_query(RECEIPTS, query)
    shown = DeliveryReceipt.objects.select_related("recipient")
    rows, cursor = newest(shown, _receipts(caller, values), values)
    return {"receipts": [shapes.receipt_of_message(row) for row in rows], "next": cursor}


def _recipients(caller: Caller, values: Mapping[str, Any]) -> Iterator[Stream[Recipient]]:
    """Along the index of the address or the ucid, where one is asked for; else along those of each application."""
    applications, state, ucid = applications_of(caller, values), values.get("state"), values.get("ucid")
    visible = _visible(caller, applications, values)
    has_state = Q(state=state) if state else Q()
    messages = _few(Message.objects.filter(ucid=ucid)) if ucid else None
    has_ucid = Q(message__ucid=ucid) if ucid else Q()
    if "recipient" in values:
        rows = Recipient.objects.filter(address__among=[values["recipient"]])
        yield Stream(rows, ("address",), has_state & has_ucid & visible)
    elif messages is not None:
        yield Stream(Recipient.objects.filter(message__among=messages), (), has_state & visible)
    else:
        is_resting = state in RESTING
        rows = Recipient.objects.filter(state=state) if is_resting else Recipient.objects.all()
        wanted = has_ucid if is_resting else has_state & has_ucid
        yield from of_each(rows, applications, wanted)
        if "application" not in values:
            yield Stream(rows.filter(credential__among=[caller.credential.pk]), ("credential_id",), wanted)


def _visible(caller: Caller, applications: Sequence[Application], values: Mapping[str, Any], recipient: str = "") -> Q:
    """What belongs to `applications`, and, where none was asked for, what the caller sent itself without one."""
    theirs = Q(application__in=[one.pk for one in applications])
    own = Q(**{f"{recipient}credential": caller.credential})
    return theirs if "application" in values else theirs | own


def _receipts(caller: Caller, values: Mapping[str, Any]) -> Iterator[Stream[DeliveryReceipt]]:
    applications, address = applications_of(caller, values), values.get("recipient")
    recipients = _few(Recipient.objects.filter(address__among=[address])) if address else None
    if recipients is not None:
        rows = DeliveryReceipt.objects.filter(recipient__among=recipients)
        yield Stream(rows, (), _visible(caller, applications, values, "recipient__"))
        return
    has_address = Q(recipient__address=address) if address else Q()
    yield from of_each(DeliveryReceipt.objects.all(), applications, has_address)
    if "application" not in values:
        nobodys = DeliveryReceipt.objects.filter(application=None)
        yield Stream(nobodys, ("application_id",), has_address & Q(recipient__credential=caller.credential))


def _few(rows: "QuerySet[Any]") -> list[UUID] | None:
    """The keys of `rows`; None where they are too many to look each of them up."""
    keys = list(rows.order_by().values_list("pk", flat=True)[: _FEW + 1])
    return keys if len(keys) <= _FEW else None
