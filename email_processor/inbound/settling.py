"""Stations "classify" and "settle": what a stored mail is, and what follows from it, in one transaction per mail.

A worker may die at any line: until that transaction is committed the mail simply waits for its lease to run out, and nothing
of it has happened.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from email_processor.browser.launching import schedule_message
from email_processor.inbound import dsn, matching, receipts
from email_processor.inbound.classifying import classify
from email_processor.inbound.dsn import Report
from email_processor.inbound.routes import Directory
from email_processor.models import InboundMessage
from email_processor.outbound import return_path
from epm.models import Application
from lib.claims import Claim, claim

log = logging.getLogger(__name__)

HANDFUL = 50
"""Mails claimed at once."""

ATTEMPTS = 5
"""How often a mail is tried that cannot be settled; between two tries lies a lease."""

Kind = InboundMessage.Kind


def classify_due() -> int:
    """Settle every mail that is due; answers how many were settled.

    Raises OperationalError and InterfaceError where the database is ill; the mails fall due again by themselves.
    """
    settled = 0
    while held := _claim():
        settled += sum(_settle_one(key, held.token) for key in held.keys)
    return settled


def _claim() -> Claim[InboundMessage]:
    """New mails by the handful; one that was tried before alone, so that a mail which kills its reader takes no other along."""
    waiting = InboundMessage.objects.order_by("due_at")
    held = claim(waiting.filter(attempts=0), lease=settings.EPM_LEASE, limit=HANDFUL) or claim(
        waiting.filter(attempts__gt=0), lease=settings.EPM_LEASE, limit=1
    )
    InboundMessage.objects.filter(pk__in=held.keys, claim=held.token).update(attempts=F("attempts") + 1)
    return held


def _settle_one(key: UUID, token: UUID) -> bool:
    inbound = InboundMessage.objects.filter(pk=key, claim=token).first()
    if inbound is None:
        return False
    if inbound.attempts > ATTEMPTS:
        return _give_up(inbound, token, "Whoever read it died, again and again.")
    try:
        return settle(inbound, token, read(inbound))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("mail %s cannot be settled, attempt %s of %s", inbound.pk, inbound.attempts, ATTEMPTS)
        if inbound.attempts < ATTEMPTS:
            return False
        return _give_up(inbound, token, f"It could not be read, {ATTEMPTS} times ({type(error).__name__}: {error}).")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mail turned out to be; `report` where it is a delivery report that can be read."""

    kind: InboundMessage.Kind
    report: Report | None = None


def read(inbound: InboundMessage) -> Reading:
    """Classify the mail and read the report in it. Touches no rows."""
    raw = as_delivered(inbound)
    kind = Kind(classify(raw))
    if kind is Kind.DELIVERY_REPORT:
        return Reading(kind, dsn.parse(raw))
    if kind is Kind.REGULAR and not inbound.mail_from and return_path.looks_signed(inbound.rcpt_to):
        # Nobody but a mail system writes from the null sender to a return path (RFC 5321 4.5.5): a report, cut off or odd.
        return Reading(Kind.DELIVERY_REPORT)
    return Reading(kind)


def as_delivered(inbound: InboundMessage) -> bytes:
    """The mail with the Return-Path line that its final delivery owes it (RFC 5321 4.4); the raw stays as it came."""
    raw = bytes(inbound.raw)
    if raw[:12].lower() == b"return-path:":
        return raw
    return f"Return-Path: <{inbound.mail_from}>\r\n".encode() + raw


def settle(inbound: InboundMessage, token: UUID, reading: Reading) -> bool:
    """Let a mail take its effect and leave the queue, in one transaction; False where somebody else has it by now."""
    with transaction.atomic():
        if not _still_held(inbound, token):
            return False
        inbound.kind = reading.kind
        station = _STATIONS.get(reading.kind, _keep)
        inbound.problem = station(inbound, reading)
        _leave_the_queue(inbound)
    return True


def _give_up(inbound: InboundMessage, token: UUID, problem: str) -> bool:
    with transaction.atomic():
        if not _still_held(inbound, token):
            return False
        inbound.problem = problem
        _leave_the_queue(inbound)
    return True


def _still_held(inbound: InboundMessage, token: UUID) -> bool:
    mine = InboundMessage.objects.select_for_update().filter(pk=inbound.pk, claim=token, due_at__isnull=False)
    return mine.values_list("pk").first() is not None


def _leave_the_queue(inbound: InboundMessage) -> None:
    inbound.problem = inbound.problem[:300]
    inbound.due_at = inbound.claim = None
    inbound.classified_at = timezone.now()
    inbound.save(update_fields=["kind", "application", "problem", "due_at", "claim", "classified_at"])


def _take_report(inbound: InboundMessage, reading: Reading) -> str:
    if reading.report is None:
        receipts.record_unreadable(inbound)
        return receipts.UNREADABLE
    recorded = receipts.record(inbound, reading.report)
    inbound.application = recorded[0].application if recorded else None
    return ""


def _take_regular(inbound: InboundMessage, reading: Reading) -> str:
    if return_path.looks_signed(inbound.rcpt_to):
        return "A regular mail to a return path: nobody reads those."
    application = Directory.read().application_of(inbound.rcpt_to)
    if application is None:
        return f"No application answers to {inbound.rcpt_to}."
    inbound.application = application
    refusal = _refusal(application)
    if not refusal:
        schedule_message(inbound, application)
    return refusal


def _refusal(application: Application) -> str:
    """Why an arriving mail does not launch the application; empty where it does."""
    if not application.enabled:
        return f"The application {application} is disabled."
    if not application.supports_regular:
        return f"The message types of the application {application} do not include Regular."
    if not application.application_url:
        return f"The application {application} has no application URL to launch."
    return ""


def _keep(inbound: InboundMessage, reading: Reading) -> str:
    """Read reports, complaints and automatic replies launch nothing; they are kept where they belong."""
    match = matching.by_return_path(inbound)
    recipient = match.recipient if match else None
    inbound.application = recipient.application if recipient else Directory.read().application_of(inbound.rcpt_to)
    return ""


_STATIONS: dict[InboundMessage.Kind, Callable[[InboundMessage, Reading], str]] = {
    Kind.DELIVERY_REPORT: _take_report,
    Kind.REGULAR: _take_regular,
}
"""What each kind of mail does; answers why nothing more was done with it, or nothing."""
