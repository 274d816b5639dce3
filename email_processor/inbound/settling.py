"""Stations "classify" and "settle": what a stored mail is, and what follows from it, in one transaction.

A worker may die at any line: until that transaction is committed its mails simply wait for their lease to run out, and
nothing of them has happened.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from email_processor.browser.launching import schedule_message
from email_processor.inbound import classifying, matching, receipts
from email_processor.inbound.classifying import Reading
from email_processor.inbound.routes import Directory
from email_processor.inbound.statements import statement_of
from email_processor.models import InboundMessage
from email_processor.outbound import return_path
from epm.models import Application
from lib import stopping
from lib.claims import Claim, claim

log = logging.getLogger(__name__)

HANDFUL = 100
"""New mails that are settled together: one statement costs little more for a hundred than for one."""

SMALL_OCTETS = 200_000
"""A larger mail is settled alone."""

PROBLEM_CHARACTERS = 300

ATTEMPTS = 5
"""How often a mail is tried that cannot be settled; between two tries lies a lease."""

Kind = InboundMessage.Kind


def classify_due() -> int:
    """Settle every mail that is due; answers how many were settled.

    Raises OperationalError and InterfaceError where the database is ill; the mails fall due again by themselves.
    """
    waiting = InboundMessage.objects.order_by("due_at")
    together = waiting.filter(claim=None, attempts=0, size__lte=SMALL_OCTETS)
    # One that was tried before goes alone, so that a mail which kills its reader takes no other with it.
    alone = waiting.filter(Q(claim__isnull=False) | Q(attempts__gt=0) | Q(size__gt=SMALL_OCTETS))
    settled, is_all = 0, False
    while not is_all and not stopping.is_asked():
        held = [claim(together, lease=settings.EPM_LEASE, limit=HANDFUL), _claim_one(alone)]
        settled += sum(_settle_held(one) for one in held)
        is_all = all(one.is_all for one in held)  # whoever brings more rings again
    return settled


def _claim_one(queue: "QuerySet[InboundMessage]") -> Claim[InboundMessage]:
    """Count the attempts of what goes alone; that it was held before is the first attempt of what went together."""
    held = claim(queue, lease=settings.EPM_LEASE, limit=1, columns=("claim", "attempts"))
    for key, held_before, attempts in held.rows:
        before = max(attempts, 1) if held_before else attempts
        InboundMessage.objects.filter(pk=key, claim=held.token).update(attempts=before + 1)
    return held


def _settle_held(held: Claim[InboundMessage]) -> int:
    if len(held.keys) > 1:
        try:
            mails = InboundMessage.objects.filter(pk__among=held.keys, claim=held.token).order_by("pk")
            return settle([(inbound, read(inbound)) for inbound in mails], held.token)
        except Exception:
            log.warning("%s mails cannot be settled together; now one by one", len(held.keys), exc_info=True)
    return sum(_settle_alone(key, held.token) for key in held.keys)


def _settle_alone(key: UUID, token: UUID) -> int:
    inbound = InboundMessage.objects.filter(pk=key, claim=token).first()
    if inbound is None:
        return 0
    if inbound.attempts > ATTEMPTS:
        return _give_up(inbound, token, "Whoever read it died, again and again.")
    try:
        return settle([(inbound, read(inbound))], token)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("mail %s cannot be settled, attempt %s of %s", inbound.pk, inbound.attempts, ATTEMPTS)
        if inbound.attempts < ATTEMPTS:
            return 0
        return _give_up(inbound, token, f"It could not be read, {ATTEMPTS} times ({type(error).__name__}: {error}).")


def read(inbound: InboundMessage) -> Reading:
    """Classify the mail and read the report in it. Touches no rows."""
    reading = classifying.read(as_delivered(inbound))
    if reading.kind is classifying.Kind.REGULAR and not inbound.mail_from and return_path.looks_signed(inbound.rcpt_to):
        # Nobody but a mail system writes from the null sender to a return path (RFC 5321 4.5.5): a report, cut off or odd.
        return Reading(classifying.Kind.DELIVERY_REPORT)
    return reading


def as_delivered(inbound: InboundMessage) -> bytes:
    """The mail with the Return-Path line that its final delivery owes it (RFC 5321 4.4); the raw stays as it came."""
    raw = bytes(inbound.raw)
    if raw[:12].lower() == b"return-path:":
        return raw
    return f"Return-Path: <{inbound.mail_from}>\r\n".encode() + raw


def settle(mails: Sequence[tuple[InboundMessage, Reading]], token: UUID) -> int:
    """Let mails take their effect and leave the queue, all in one transaction; answers how many.

    Those that somebody else holds by now are left to them.
    """
    with transaction.atomic():
        held = _still_held([inbound for inbound, _ in mails], token)
        mine = [(inbound, reading) for inbound, reading in mails if inbound.pk in held]
        spoken = [(inbound, statement_of(reading.said)) for inbound, reading in mine if reading.said is not None]
        applications = {receipt.inbound_id: receipt.application_id for receipt in receipts.record(spoken)}
        for inbound, reading in mine:
            inbound.kind, inbound.application_id = Kind(reading.kind), applications.get(inbound.pk)
            inbound.problem = _STATIONS.get(inbound.kind, _keep)(inbound, reading)
        _leave_the_queue([inbound for inbound, _ in mine])
    return len(mine)


def _give_up(inbound: InboundMessage, token: UUID, problem: str) -> int:
    with transaction.atomic():
        if not _still_held([inbound], token):
            return 0
        inbound.kind, inbound.application, inbound.problem = Kind.UNCLASSIFIED, None, problem
        _leave_the_queue([inbound])
    return 1


def _still_held(mails: Iterable[InboundMessage], token: UUID) -> set[UUID]:
    """Those that are still ours, locked until the transaction ends."""
    rows = InboundMessage.objects.select_for_update().filter(pk__among=[mail.pk for mail in mails], claim=token)
    return set(rows.filter(due_at__isnull=False).order_by("pk").values_list("pk", flat=True))


def _leave_the_queue(mails: Iterable[InboundMessage]) -> None:
    """Most mails of a handful end alike: one statement for all that do."""
    ends: dict[tuple[str, UUID | None, str], list[UUID]] = {}
    for mail in mails:
        ends.setdefault((mail.kind, mail.application_id, mail.problem[:PROBLEM_CHARACTERS]), []).append(mail.pk)
    for (kind, application, problem), keys in ends.items():
        InboundMessage.objects.filter(pk__among=keys).update(
            kind=kind, application=application, problem=problem, due_at=None, claim=None, classified_at=timezone.now()
        )


def _take_report(inbound: InboundMessage, reading: Reading) -> str:
    """A report that can be read is recorded already."""
    if reading.said is not None:
        return ""
    receipts.record_unreadable(inbound)
    return receipts.UNREADABLE


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
    """Read reports, complaints and automatic replies belong where their return path, else their address, says."""
    if inbound.application_id is None:
        match = matching.by_return_path({inbound.pk: [inbound.rcpt_to]}).get(inbound.pk)
        proven = match.recipient if match else None
        if proven is not None:
            inbound.application_id = proven.application_id
        else:
            inbound.application = Directory.read().application_of(inbound.rcpt_to)
    return ""


_STATIONS: dict[InboundMessage.Kind, Callable[[InboundMessage, Reading], str]] = {
    Kind.DELIVERY_REPORT: _take_report,
    Kind.REGULAR: _take_regular,
}
"""What each kind of mail does; answers why nothing more was done with it, or nothing."""
