"""One HTTP exchange with an application: claim a Session → POST its earliest Turn → perform the actions it is answered with.

At least once: the webhook-id is the Turn's, so that an application knows a repeated call. What the answer asks for is done
in the transaction that settles the Turn: a crash neither loses it nor does it twice. Turns of one session go in order.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from email_processor.browser import actions, answer, payload
from email_processor.browser.answer import Asked, BadAnswer
from email_processor.browser.occasion import Occasion
from email_processor.models import Session, Turn
from epm.models import Application
from lib import claims
from lib.calling import Call, Called, call_while_due, next_call, problem
from lib.http import Answer, Unreachable
from notifications.signing import UnusableSecret, sign

log = logging.getLogger(__name__)

TURNS = 50
"""Turns of one session at most: two machines that answer each other stop here."""
NO_URL = "the application has no application URL any more"
DISABLED = "the application is disabled"
UNSIGNED = "the application's signing secret cannot be used"
INTERRUPTED = "the launch was interrupted, and its caller was given no answer"
FINAL = frozenset({NO_URL, INTERRUPTED})


@dataclass(frozen=True, slots=True)
class Held:
    """A session with the Turn to be taken, and the token under which this worker holds it."""

    session: Session
    turn: Turn
    token: UUID


def browse_due() -> int:
    """Take turns that are due, until none is; says how many calls that were."""
    return call_while_due(_take, _settle_each)


def call(held: Held, *, timeout: float, refusal: str = "") -> Call[Held]:
    """The signed call of a Turn."""
    session, application = held.session, held.session.application
    content, headers = payload.body(session, held.turn), dict[str, str]()
    try:
        headers = sign(application, f"{session.pk}-{held.turn.number}", timezone.now(), content)
    except UnusableSecret:
        refusal = refusal or UNSIGNED
    return Call(
        errand=held,
        owner=application.pk,
        url=application.application_url,
        content=content,
        headers=headers,
        timeout=timeout,
        limit=answer.LIMIT,
        refusal=refusal or _refusal(application),
    )


def settle(held: Held, outcome: Answer | Unreachable, *, again: bool = True) -> bool:
    """Write what came of a Turn's call and do what it was answered with, in one transaction.

    `again` says whether a failure is tried once more. False where somebody else holds the session by now: nothing is done.
    """
    with transaction.atomic():
        locked = Session.objects.select_for_update(of=("self",)).select_related("application__zone")
        session = locked.filter(pk=held.session.pk, claim=held.token).first()
        if session is None:
            return False
        turn = session.turns.get(pk=held.turn.pk)
        turn.attempts += 1
        turn.duration = outcome.seconds
        turn.status = outcome.status if isinstance(outcome, Answer) else None
        turn.problem = problem(outcome)[:300]
        if isinstance(outcome, Answer) and outcome.is_success:
            _take_answer(session, turn, outcome)
        else:
            _take_failure(session, turn, next_call(turn.attempts, outcome, timezone.now()) if again else None)
        turn.save()
        session.save()
    return True


def lease(timeout: float) -> timedelta:
    """How long a session is held for a call of so many seconds."""
    return timedelta(seconds=timeout) + settings.EPM_LEASE


def _take(limit: int, busy: Collection[UUID]) -> list[Call[Held]]:
    timeout = settings.EPM_LAUNCH_TIMEOUT
    queue = Session.objects.exclude(application__in=busy).order_by("due_at")
    held = claims.claim(queue, lease=lease(timeout), limit=limit)
    sessions = Session.objects.select_related("application__zone").in_bulk(held.keys)
    pending = Turn.objects.filter(session__in=held.keys, answered_at=None).order_by("-number")
    earliest = {turn.session_id: turn for turn in pending}
    return [
        call(Held(sessions[key], earliest[key], held.token), timeout=timeout, refusal=_late_refusal(earliest[key]))
        # Whoever overslept its lease finds nothing left to do.
        for key in held.keys
        if key in earliest
    ]


def _late_refusal(turn: Turn) -> str:
    """A launch that a sweep finds was left by whoever began it; its caller has no session id, and may have asked again."""
    return INTERRUPTED if "launch" in turn.event else ""


def _refusal(application: Application) -> str:
    if not application.application_url:
        return NO_URL
    return "" if application.enabled else DISABLED


def _settle_each(called: Sequence[Called[Held]]) -> None:
    for item in called:
        held, again = item.call.errand, item.call.refusal not in FINAL
        try:
            settle(held, item.outcome, again=again)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # A bug met in one answer must not take the others' turns along; it is tried again, and seen on the Turn.
            log.exception("the answer to turn %s of session %s cannot be worked in", held.turn.number, held.session.pk)
            settle(held, Unreachable(f"the answer could not be worked in: {type(error).__name__}: {error}"))


def _take_answer(session: Session, turn: Turn, outcome: Answer) -> None:
    try:
        asked = answer.read(outcome)
        session.variables = answer.merged(session.variables, asked)
    except BadAnswer as bad:
        turn.problem = str(bad)
        _conclude(session, turn, Session.State.FAILED)
        return
    turn.answer = asked.as_json()
    turn.results = actions.perform(Occasion(session, turn), asked.actions)
    _conclude(session, turn, _state_after(asked, turn))


def _state_after(asked: Asked, turn: Turn) -> Session.State:
    ended = asked.empty or any(actions.ends(result) for result in turn.results)
    return Session.State.ENDED if ended else Session.State.RUNNING


def _take_failure(session: Session, turn: Turn, again: datetime | None) -> None:
    if again is None:
        _conclude(session, turn, Session.State.FAILED)
    else:
        session.due_at, session.claim = again, None


def _conclude(session: Session, turn: Turn, state: Session.State) -> None:
    """The Turn is over; a session that has another one waiting goes on, whatever this one led to."""
    now = timezone.now()
    turn.answered_at = now
    goes_on = session.turns.filter(answered_at=None).exclude(pk=turn.pk).exists()
    session.state = Session.State.RUNNING if goes_on else state
    session.ended_at = None if session.state == Session.State.RUNNING else now
    session.due_at, session.claim = now if goes_on else None, None
