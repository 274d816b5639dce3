"""Whom does a report speak of? The one place where a report meets its recipient.

Only the signed return path it came to is proof: it was said to nobody but the servers that handled this one recipient's
mail. Envelope id, addresses, Message-ID and our own headers stand in the mail for all to read, so whatever came without the
signature is shown beside its likely recipient and moves nothing, unless its application says that it believes such reports.
Read reports and complaints go to other addresses than return paths; docs/decisions/0050-read-reports-and-complaints.md says
what is believed of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from email_processor.inbound.dsn import limits
from email_processor.inbound.routes import Directory
from email_processor.inbound.statements import Block, Statement
from email_processor.models import DeliveryReceipt, InboundMessage, MatchedBy, Recipient
from email_processor.outbound import return_path
from email_processor.outbound.mime import MESSAGE_ID_FIELD

UNSIGNED = "It came to no return path signed by us."
SUGGESTIONS = 10
"""Likely recipients that are shown for one receipt in quarantine."""


@dataclass(frozen=True, slots=True)
class Match:
    """Whose report it is. Without a `recipient` it belongs in quarantine: `note` says why, `likely` whose it may be."""

    recipient: Recipient | None
    matched_by: MatchedBy = MatchedBy.NOTHING
    note: str = ""
    likely: Recipient | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A likely recipient of a receipt in quarantine, and why it may be the one."""

    recipient: Recipient
    why: str


def match(inbound: InboundMessage, statement: Statement, signed: Match | None) -> list[Match]:
    """One Match for each block of `statement`, in order; `signed` is what a return path proves, if there is one.

    Every recipient has a return path of its own, so all blocks of a report that came to one are about that recipient, also
    those that speak of another address: the mail was forwarded, or the address was an alias.
    """
    if signed is not None:
        return [signed] * len(statement.blocks)
    suggestions = _Suggestions(statement)
    matches = [suggestions.match(block) for block in statement.blocks]
    return [_believe_reader(inbound, statement, one) for one in matches] if statement.of_reader else matches


def by_return_path(return_paths: Mapping[UUID, Iterable[str]]) -> dict[UUID, Match]:
    """Whom signed return paths speak of; one query. Takes and answers by mail; mails without one of ours are left out."""
    keys = {mail: key for mail, said in return_paths.items() if (key := _first_signed(said)) is not None}
    found = Recipient.objects.only("application_id").filter(pk__among=set(keys.values())) if keys else ()
    recipients = {recipient.pk: recipient for recipient in found}
    return {mail: _proven(recipients.get(key)) for mail, key in keys.items()}  # here a report meets its recipient


def suggest(receipt: DeliveryReceipt) -> list[Suggestion]:
    """The likely recipients of a receipt in quarantine, best first, by what is stored of it and by its addresses."""
    found: dict[UUID, Suggestion] = {}
    if receipt.likely_recipient is not None:
        found[receipt.likely_recipient.pk] = Suggestion(receipt.likely_recipient, "the keys in the report")
    for recipient in _by_mail(receipt)[:SUGGESTIONS]:
        found.setdefault(recipient.pk, Suggestion(recipient, "a recipient of the same mail"))
    addresses = {receipt.final_recipient, receipt.original_recipient} - {""}
    earlier = _with_message().filter(address__in=addresses, message__accepted_at__lte=receipt.received_at)
    for recipient in earlier.order_by("-pk")[:SUGGESTIONS]:
        found.setdefault(recipient.pk, Suggestion(recipient, "the last mails to the same address"))
    return list(found.values())[:SUGGESTIONS]


def _by_mail(receipt: DeliveryReceipt) -> "QuerySet[Recipient]":
    recipients = _with_message().order_by("pk")
    if _is_key(receipt.envelope_id):
        return recipients.filter(message__envid=receipt.envelope_id)
    if _is_key(receipt.original_message_id):
        return recipients.filter(message__message_id_header=receipt.original_message_id)
    return recipients.none()


def _first_signed(addresses: Iterable[str]) -> UUID | None:
    return next((key for address in addresses if (key := return_path.read(address)) is not None), None)


def _proven(recipient: Recipient | None) -> Match:
    if recipient is None:
        return Match(None, note="The return path is ours, but its recipient is no longer stored.")
    return Match(recipient, MatchedBy.RETURN_PATH)


def _believe_reader(inbound: InboundMessage, statement: Statement, found: Match) -> Match:
    """A read report names a Message-ID that only readers of the mail know, and comes to the application that sent it."""
    if found.likely is None or statement.message_id != found.likely.message.message_id_header:
        return found
    application = Directory.read().application_of(inbound.rcpt_to)
    if application is None or application != found.likely.application:
        return found
    return Match(found.likely, MatchedBy.MESSAGE_ID)


class _Suggestions:
    """Likely recipients of a report that proves nothing, by what anybody could have written into it."""

    def __init__(self, statement: Statement) -> None:
        self._is_report = statement.of_server
        self._ways = [(name, key, _by_address(query)) for name, key, query in _ways(statement)]

    def match(self, block: Block) -> Match:
        for name, key, recipients in self._ways:
            for address in (block.original_recipient, block.final_recipient):
                likely = recipients.get(address.lower())
                if (
                    likely is not None
                    and self._is_report
                    and likely.application
                    and likely.application.believe_unsigned
                ):
                    return Match(likely, key)
                if likely is not None:
                    return Match(None, note=f"{UNSIGNED} By {name} it would speak of {likely.address}.", likely=likely)
        return Match(None, note=f"{UNSIGNED} Nothing in it points to a mail of ours.")


def _ways(statement: Statement) -> Iterator[tuple[str, MatchedBy, "QuerySet[Recipient]"]]:
    """The keys a report may bring besides our signature, strongest first. Each is asked once, however many blocks it has."""
    recipients = _with_message()
    if _is_key(statement.envelope_id):
        yield "its envelope id", MatchedBy.ENVID, recipients.filter(message__envid=statement.envelope_id)
    if _is_key(statement.message_id):
        with_header = recipients.filter(message__message_id_header=statement.message_id)
        yield "the Message-ID it returns", MatchedBy.MESSAGE_ID, with_header
    if message := _our_header(statement):
        yield f"the header {MESSAGE_ID_FIELD} it returns", MatchedBy.MESSAGE_ID, recipients.filter(message=message)


def _is_key(text: str) -> bool:
    """Printable, as all our keys are: PostgreSQL refuses to compare what holds a NUL."""
    return bool(text) and text.isprintable()


def _our_header(statement: Statement) -> UUID | None:
    value = next((value for name, value in statement.headers if name.lower() == MESSAGE_ID_FIELD.lower()), "")
    try:
        return UUID(value.strip())
    except ValueError:
        return None


def _by_address(recipients: "QuerySet[Recipient]") -> dict[str, Recipient]:
    """By address and by ORCPT, which a caller may have set to another address; the newest of very many."""
    found: dict[str, Recipient] = {}
    for recipient in recipients.order_by("-pk")[: limits.RECIPIENTS]:
        found.setdefault(recipient.address.lower(), recipient)
        found.setdefault(recipient.orcpt.partition(";")[2].lower(), recipient)
    return found


def _with_message() -> "QuerySet[Recipient]":
    return Recipient.objects.select_related("message", "application__zone")
