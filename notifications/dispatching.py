"""Telling applications: claim → sign → POST → attempt → settle.

At least once: an answer that was not written down is asked for again, with the same webhook-id. In order along a subject:
what is pending keeps back what comes later on the same subject. A notification of a disabled application is tried again
later; where the Notification URL was emptied, there is nobody to tell and it stops. Nothing is deleted.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Least
from django.utils import timezone

from epm.models import Application
from lib import bulk, claims
from lib.calling import GONE, Call, Called, call_while_due, next_call, problem
from lib.http import Answer
from notifications.models import Notification, NotificationAttempt, NotificationState
from notifications.signing import UnusableSecret, sign

ANSWER_LIMIT = 4000
"""Octets of an answer that are read; 1,000 characters of them are kept."""
NO_URL = "the application has no Notification URL any more"
DISABLED = "the application is disabled"
UNSIGNED = "the application's signing secret cannot be used"


class Held(NamedTuple):
    """What telling needs of a notification, and the token under which this worker holds it."""

    id: UUID
    token: UUID
    application: UUID
    subject: UUID
    body: bytes
    attempts: int
    attempts_before: int


_HELD = ("application_id", "subject", "body", "attempts", "attempts_before")
_ATTEMPT = ("notification_id", "number", "url", "at", "duration", "status", "answer", "problem")


def tell_due() -> int:
    """Tell what is due, until nothing is; says how many calls that were."""
    told = call_while_due(_take, _settle)
    _park()
    return told


def _take(limit: int, busy: Collection[UUID]) -> list[Call[Held]]:
    claim = claims.claim(_heads().exclude(application__in=busy), lease=_lease(), limit=limit, columns=_HELD)
    held = [Held(id, claim.token, *columns) for id, *columns in claim.rows]
    applications = Application.objects.order_by().in_bulk({item.application for item in held})
    return [_call(item, applications[item.application]) for item in held]


def _heads() -> QuerySet[Notification]:
    """The first that is pending on each subject. Not as a join, which may read all that is pending (decision 13)."""
    pending = Notification.objects.filter(subject=OuterRef("subject"), state=NotificationState.PENDING)
    first = pending.order_by("sequence").values("sequence")[:1]
    return Notification.objects.filter(sequence__lte=Subquery(first)).order_by("due_at")


def _earlier() -> QuerySet[Notification]:
    return Notification.objects.filter(
        subject=OuterRef("subject"), sequence__lt=OuterRef("sequence"), state=NotificationState.PENDING
    )


def _lease() -> timedelta:
    return timedelta(seconds=settings.EPM_NOTIFY_TIMEOUT) + settings.EPM_LEASE


def _call(held: Held, application: Application) -> Call[Held]:
    body = bytes(held.body)
    try:
        headers, refusal = sign(application, str(held.id), timezone.now(), body), _refusal(application)
    except UnusableSecret:
        headers, refusal = {}, UNSIGNED
    return Call(
        errand=held,
        owner=application.pk,
        url=application.notification_url,
        content=body,
        headers=headers,
        timeout=settings.EPM_NOTIFY_TIMEOUT,
        limit=ANSWER_LIMIT,
        refusal=refusal,
    )


def _refusal(application: Application) -> str:
    if not application.notification_url:
        return NO_URL
    return "" if application.enabled else DISABLED


def _settle(called: Sequence[Called[Held]]) -> None:
    """Write the attempts and where each notification stands now, in one transaction."""
    now = timezone.now()
    with transaction.atomic():
        mine = _still_held([item.call.errand for item in called])
        called = [item for item in called if item.call.errand.id in mine]
        bulk.insert(NotificationAttempt, _ATTEMPT, [_attempt(item) for item in called])
        told = [item.call.errand for item in called if not problem(item.outcome)]
        _write_told(told, now)
        given_up = [item.call.errand for item in called if problem(item.outcome) and not _retry(item, now)]
        _wake_followers([*told, *given_up], now)


def _still_held(held: Sequence[Held]) -> set[UUID]:
    """The keys that are still claimed under our tokens, locked: what an overslept lease gave to others is theirs to settle."""
    tokens = {item.id: item.token for item in held}
    rows = Notification.objects.select_for_update().filter(pk__among=tokens).order_by("pk")
    return {pk for pk, token in rows.values_list("pk", "claim") if token == tokens[pk]}


def _attempt(called: Called[Held]) -> tuple[Any, ...]:
    held, outcome = called.call.errand, called.outcome
    return (
        held.id,
        held.attempts_before + held.attempts + 1,
        called.call.url,
        called.at,
        outcome.seconds,
        outcome.status if isinstance(outcome, Answer) else None,
        _readable(outcome.body) if isinstance(outcome, Answer) else "",
        problem(outcome)[:200],
    )


def _readable(body: bytes) -> str:
    # PostgreSQL keeps no NUL in text.
    return body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:1000]


def _write_told(told: Sequence[Held], now: datetime) -> None:
    Notification.objects.filter(pk__among=[held.id for held in told]).update(
        state=NotificationState.TOLD, due_at=None, claim=None, attempts=F("attempts") + 1, settled_at=now
    )


def _retry(called: Called[Held], now: datetime) -> bool:
    """Set the next try, or the end of trying; says whether there will be one."""
    held = called.call.errand
    again = None if called.call.refusal == NO_URL else next_call(held.attempts + 1, called.outcome, now)
    Notification.objects.filter(pk=held.id).update(
        state=NotificationState.PENDING if again else _last_state(called),
        due_at=again,
        claim=None,
        attempts=F("attempts") + 1,
        settled_at=None if again else now,
    )
    return again is not None


def _last_state(called: Called[Held]) -> NotificationState:
    gone = isinstance(called.outcome, Answer) and called.outcome.status == GONE
    return NotificationState.STOPPED if gone or called.call.refusal == NO_URL else NotificationState.ABANDONED


def _wake_followers(settled: Sequence[Held], now: datetime) -> None:
    """What was parked behind these is due again."""
    subjects = [held.subject for held in settled]
    parked = Notification.objects.filter(subject__among=subjects, state=NotificationState.PENDING, claim__isnull=True)
    parked.update(due_at=Least("due_at", now))


def _park() -> None:
    """Take what is kept back for long out of every claim's sight, until the next try of what keeps it back.

    Otherwise all that is published for a receiver that is away would be looked at again by each claim.
    """
    now = timezone.now()
    far = now + _lease()
    due = Notification.objects.filter(due_at__lte=now).filter(Exists(_earlier().filter(due_at__gt=far)))
    until = _earlier().values("subject").annotate(until=Max("due_at")).values("until")
    due.update(due_at=Subquery(until), claim=None)
