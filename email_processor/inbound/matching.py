"""Whom does a report speak of? The one place where a report meets its recipient.

Only the signed return path it came to is proof: it was said to nobody but the servers that handled this one recipient's
mail. Envelope id, addresses, Message-ID and our own headers stand in the mail for all to read, so whatever came without the
signature is shown beside its likely recipient and moves nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from email_processor.inbound.dsn import Report, ReportedRecipient, limits
from email_processor.models import InboundMessage, MatchedBy, Recipient
from email_processor.outbound import return_path
from email_processor.outbound.mime import MESSAGE_ID_FIELD

UNSIGNED = "It came to no return path signed by us."


@dataclass(frozen=True, slots=True)
class Match:
    """Whose report it is. Without a `recipient` it belongs in quarantine: `note` says why, `likely` whose it may be."""

    recipient: Recipient | None
    matched_by: MatchedBy = MatchedBy.NOTHING
    note: str = ""
    likely: Recipient | None = None


def match(report: Report, signed: Match | None) -> list[Match]:
    """One Match for each recipient's block of `report`, in order; `signed` is what its return path proves, if it does.

    Every recipient has a return path of its own, so all blocks of a report that came to one are about that recipient, also
    those that speak of another address: the mail was forwarded, or the address was an alias.
    """
    if signed is not None:
        return [signed] * len(report.recipients)
    suggestions = _Suggestions(report)
    return [suggestions.match(reported) for reported in report.recipients]


def by_return_path(mails: Iterable[InboundMessage]) -> dict[UUID, Match]:
    """The recipients to whose signed return paths `mails` came, by mail; one query. Mails to anything else are left out."""
    keys = {mail.pk: key for mail in mails if (key := return_path.read(mail.rcpt_to)) is not None}
    recipients = _with_message().in_bulk(set(keys.values()))
    return {mail: _proven(recipients.get(key)) for mail, key in keys.items()}  # here a report meets its recipient


def _proven(recipient: Recipient | None) -> Match:
    if recipient is None:
        return Match(None, note="The return path is ours, but its recipient is no longer stored.")
    return Match(recipient, MatchedBy.RETURN_PATH)


class _Suggestions:
    """Likely recipients of a report that proves nothing, by what anybody could have written into it."""

    def __init__(self, report: Report) -> None:
        self._ways = [(name, _by_address(query)) for name, query in _ways(report)]

    def match(self, reported: ReportedRecipient) -> Match:
        for name, recipients in self._ways:
            for address in (reported.original_recipient, reported.final_recipient):
                likely = recipients.get(address.lower())
                if likely is not None:
                    return Match(None, note=f"{UNSIGNED} By {name} it would speak of {likely.address}.", likely=likely)
        return Match(None, note=f"{UNSIGNED} Nothing in it points to a mail of ours.")


def _ways(report: Report) -> Iterator[tuple[str, "QuerySet[Recipient]"]]:
    """The keys a report may bring besides our signature, strongest first. Each is asked once, however many blocks it has."""
    recipients = _with_message()
    if _is_key(report.original_envelope_id):
        yield "its envelope id", recipients.filter(message__envid=report.original_envelope_id)
    if _is_key(report.original_message_id):
        yield "the Message-ID it returns", recipients.filter(message__message_id_header=report.original_message_id)
    if message := _our_header(report):
        yield f"the header {MESSAGE_ID_FIELD} it returns", recipients.filter(message=message)


def _is_key(text: str) -> bool:
    """Printable, as all our keys are: PostgreSQL refuses to compare what holds a NUL."""
    return bool(text) and text.isprintable()


def _our_header(report: Report) -> UUID | None:
    value = next((value for name, value in report.original_headers if name.lower() == MESSAGE_ID_FIELD.lower()), "")
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
