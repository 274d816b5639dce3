"""Finding mail by what a person has at hand. Every way goes through an index; none reads the table."""

from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from email_processor.models import DeliveryReceipt, InboundMessage, Message, Recipient, Session
from epm.console.links import change_url, list_url
from epm.validation import split_address

_FEW = 1_000
WAYS = "Address of a recipient, message id, Message-ID, ucid or envid"


def find(request: HttpRequest) -> HttpResponse:
    """To the one row that `q` names, else to the list of messages that it names."""
    term = request.GET.get("q", "").replace("\0", "").strip()
    row = _row_with_id(as_uuid(term)) or _only(messages_named(Message.objects.all(), term))
    return redirect(change_url(row) if row else list_url(Message, urlencode({"q": term})))


def messages_named(messages: "QuerySet[Message]", term: str) -> "QuerySet[Message]":
    """The messages that `term` names."""
    if (id := as_uuid(term)) is not None:
        # Looked up first, each by its index: one condition of three would read the table.
        of_recipient = Recipient.objects.filter(pk=id).values_list("message", flat=True)
        of_envid = Message.objects.filter(envid=term).values_list("pk", flat=True)
        return messages.filter(pk__in={id, *of_recipient, *of_envid[:_FEW]})
    if "@" in term:
        by_header = messages.filter(message_id_header=f"<{term.strip('<>')}>")
        return by_header if by_header.exists() else messages.filter(pk__in=recipients_named(term).values("message"))
    by_envid = messages.filter(envid=term)
    return by_envid if by_envid.exists() else messages.filter(ucid=term).exclude(ucid="")


def recipients_named(term: str) -> "QuerySet[Recipient]":
    """The recipients with the address `term`, its domain in any case."""
    local, domain = split_address(term)
    return Recipient.objects.filter(address=f"{local}@{domain}")


def as_uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


def ids_in(term: str) -> list[UUID]:
    """The id that `term` is, if it is one."""
    id = as_uuid(term)
    return [] if id is None else [id]


def _row_with_id(id: UUID | None) -> "Message | Recipient | DeliveryReceipt | InboundMessage | Session | None":
    if id is None:
        return None
    for model in (Message, Recipient, DeliveryReceipt, InboundMessage, Session):
        if row := model._default_manager.filter(pk=id).first():
            return row
    return None


def _only(messages: "QuerySet[Message]") -> Message | None:
    found = list(messages[:2])
    return found[0] if len(found) == 1 else None
