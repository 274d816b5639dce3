"""Telling applications: claim → sign → POST → attempt → settle.

At least once: an answer that was not written down is asked for again, with the same webhook-id. In order along a subject:
what is pending keeps back what comes later on the same subject. A notification of a disabled application is tried again
later; where the Notification URL was emptied, there is nobody to tell and it stops. Nothing is deleted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from epm.models import Application
from lib import claims
from lib.calling import GONE, Call, Called, call_while_due, next_call, problem
from lib.http import Answer
from notifications.models import Notification, NotificationAttempt, NotificationState
from notifications.signing import UnusableSecret, sign

ANSWER_LIMIT = 4000
"""Octets of an answer that are read; 1,000 characters of them are kept."""
NO_URL = "the application has no Notification URL any more"
DISABLED = "the application is disabled"
UNSIGNED = "the application's signing secret cannot be used"


@dataclass(frozen=True, slots=True)
class Held:
    """A notification and the token under which this worker holds it."""

    notification: Notification
    token: UUID


def tell_due() -> int:
    """Tell what is due, until nothing is; says how many calls that were."""
    told = call_while_due(_take, _settle)
    _park()
    return told


def _take(limit: int, busy: Collection[UUID]) -> list[Call[Held]]:
    held = claims.claim(_heads().exclude(application__in=busy), lease=_lease(), limit=limit)
    rows = Notification.objects.select_related("application").in_bulk(held.keys)
    return [_call(Held(rows[key], held.token)) for key in held.keys]


def _heads() -> QuerySet[Notification]:
    """Those that nothing earlier on the same subject keeps back."""
    return Notification.objects.filter(~Exists(_earlier())).order_by("due_at")


def _earlier() -> QuerySet[Notification]:
    return Notification.objects.filter(
        subject=OuterRef("subject"), sequence__lt=OuterRef("sequence"), due_at__isnull=False
    )


def _lease() -> timedelta:
    return timedelta(seconds=settings.EPM_NOTIFY_TIMEOUT) + settings.EPM_LEASE


def _call(held: Held) -> Call[Held]:
    notification, application = held.notification, held.notification.application
    body = bytes(notification.body)
    try:
        headers, refusal = sign(application, str(notification.pk), timezone.now(), body), _refusal(application)
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
        called = [item for item in called if item.call.errand.notification.pk in mine]
        NotificationAttempt.objects.bulk_create([_attempt(item) for item in called])
        told = [item.call.errand.notification for item in called if not problem(item.outcome)]
        _write_told(told, now)
        given_up = [item.call.errand.notification for item in called if problem(item.outcome) and not _retry(item, now)]
        _wake_followers([*told, *given_up], now)


def _still_held(held: Sequence[Held]) -> set[UUID]:
    """The keys that are still claimed under our tokens, locked: what an overslept lease gave to others is theirs to settle."""
    tokens = {item.notification.pk: item.token for item in held}
    rows = Notification.objects.select_for_update().filter(pk__in=tokens).order_by("pk")
    return {pk for pk, token in rows.values_list("pk", "claim") if token == tokens[pk]}


def _attempt(called: Called[Held]) -> NotificationAttempt:
    notification, outcome = called.call.errand.notification, called.outcome
    return NotificationAttempt(
        notification=notification,
        number=notification.attempts_before + notification.attempts + 1,
        url=called.call.url,
        at=called.at,
        duration=outcome.seconds,
        status=outcome.status if isinstance(outcome, Answer) else None,
        answer=_readable(outcome.body) if isinstance(outcome, Answer) else "",
        problem=problem(outcome)[:200],
    )


def _readable(body: bytes) -> str:
    # PostgreSQL keeps no NUL in text.
    return body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:1000]


def _write_told(told: Sequence[Notification], now: datetime) -> None:
    Notification.objects.filter(pk__in=[n.pk for n in told]).update(
        state=NotificationState.TOLD, due_at=None, claim=None, attempts=F("attempts") + 1, settled_at=now
    )


def _retry(called: Called[Held], now: datetime) -> bool:
    """Set the next try, or the end of trying; says whether there will be one."""
    notification = called.call.errand.notification
    again = None if called.call.refusal == NO_URL else next_call(notification.attempts + 1, called.outcome, now)
    Notification.objects.filter(pk=notification.pk).update(
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


def _wake_followers(settled: Sequence[Notification], now: datetime) -> None:
    """What was parked behind these is due again."""
    parked = Notification.objects.filter(subject__in=[n.subject for n in settled], due_at__gt=now, claim__isnull=True)
    parked.update(due_at=now)


def _park() -> None:
    """Take what is kept back for long out of every claim's sight, until the next try of what keeps it back.

    Otherwise all that is published for a receiver that is away would be looked at again by each claim.
    """
    now = timezone.now()
    far = now + _lease()
    due = Notification.objects.filter(due_at__lte=now).filter(Exists(_earlier().filter(due_at__gt=far)))
    until = _earlier().values("subject").annotate(until=Max("due_at")).values("until")
    due.update(due_at=Subquery(until), claim=None)
