"""Whom does a report speak of? The one place where a report meets its recipient.

Only the signed return path it came to is proof: it was said to nobody but the servers that handled this one recipient's
mail. Envelope id, addresses, Message-ID and our own headers stand in the mail for all to read, so whatever came without the
signature is shown beside its likely recipient and moves nothing.
"""

from collections.abc import Iterator
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


def match(report: Report, inbound: InboundMessage) -> list[Match]:
    """One Match for each recipient's block of `report`, in order.

    Every recipient has a return path of its own, so all blocks of a report that came to one are about that recipient, also
    those that speak of another address: the mail was forwarded, or the address was an alias.
    """
    signed = by_return_path(inbound)
    if signed is not None:
        return [signed] * len(report.recipients)
    suggest = _Suggestions(report)
    return [suggest.match(reported) for reported in report.recipients]


def by_return_path(inbound: InboundMessage) -> Match | None:
    """The recipient to whose signed return path the mail came; None where the address bears no signature of ours."""
    key = return_path.read(inbound.rcpt_to)
    if key is None:
        return None
    recipient = _with_message().filter(pk=key).first()  # here a report meets its recipient
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
