"""How a Session begins, and how it hears of more: launchEmail, an arriving mail, a delivery receipt.

An answer to a mail that a session sent, and the receipts of its mails, become further turns of that same session: its
variables stay at hand, and support sees one conversation in one place. A session that had ended runs again for that turn.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from email_processor.browser import turns
from email_processor.browser.arrived import message_event
from email_processor.browser.payload import launch_event, receipt_event, storable
from email_processor.browser.tasks import browse_due
from email_processor.browser.turns import TURNS, Held
from email_processor.models import DeliveryReceipt, InboundMessage, Message, Recipient, Session, Turn
from email_processor.outbound.submission import Refused, Submission
from epm.models import Application
from lib import bulk
from lib.background import BackgroundClient
from lib.calling import problem
from lib.doorbell import ring
from lib.http import Answer, Unreachable
from lib.ids import new_id

log = logging.getLogger(__name__)


def launch(submission: Submission, parameters: dict[str, Any], *, timeout: float | None = None) -> Session:
    """Run an application as if the described mail had arrived (contract.md 3), and wait until its URL has answered.

    `submission` is oriented that way: its sender is the outside address, its `to` the platform's own. Nothing of it is sent.
    `timeout` is seconds, at most EPM_LAUNCH_TIMEOUT. Call it outside of any transaction.
    Raises Refused: launch_failed, launch_timeout, application_disabled, invalid_request.
    """
    application = _launchable(submission)
    seconds = min(timeout or settings.EPM_LAUNCH_TIMEOUT, settings.EPM_LAUNCH_TIMEOUT)
    held = _begin(application, submission, parameters, seconds)
    outcome = _call(held, seconds)
    turns.settle(held, outcome, again=False)
    if isinstance(outcome, Unreachable) and outcome.timed_out:
        raise Refused("launch_timeout", f"The application {application} did not answer within {seconds:g} s.")
    if why := problem(outcome):
        raise Refused("launch_failed", f"The application {application} does not run: {why}.")
    held.session.refresh_from_db()
    return held.session


def schedule_receipt(receipt: DeliveryReceipt) -> Session | None:
    """As `schedule_receipts`, for one."""
    return schedule_receipts([receipt])[0]


def schedule_receipts(receipts: Sequence[DeliveryReceipt]) -> list[Session | None]:
    """Let each receipt's application run, in the caller's transaction; the sessions they will run in, in the same order.

    None where the receipt is in quarantine, the application takes no receipts or has no application URL, or the session
    whose mail it was has had all its turns (its mails' receipts must not keep it going for ever).
    """
    applications = _launched_by({one.application_id for one in receipts if one.application_id is not None})
    launching = [one for one in receipts if one.application_id in applications and one.recipient_id]
    if not launching:
        return [None] * len(receipts)
    keys = [one.recipient_id for one in launching if one.recipient_id is not None]
    with transaction.atomic(savepoint=False):
        found = Recipient.objects.select_related("message").only(*_TOLD).filter(pk__among=keys)
        batch = _Batch(applications, {recipient.pk: recipient for recipient in found})
        sessions = {receipt.pk: batch.add(receipt) for receipt in launching}
        batch.write()
    return [sessions.get(receipt.pk) for receipt in receipts]


def _launched_by(keys: Collection[UUID]) -> dict[UUID, Application]:
    """Those of the applications that receipts launch; deferred is what would be decrypted for nothing."""
    found = Application.objects.defer("signing_secret").in_bulk(keys)
    return {key: one for key, one in found.items() if one.supports_delivery and one.application_url}


_TOLD = (
    "address",
    "state",
    "metadata",
    "message",
    "message__message_id_header",
    "message__ucid",
    "message__session_id",
    "message__caller_session",
    "message__tags",
    "message__metadata",
    "message__subject",
)
"""What a receipt's event tells of its recipient and message."""

_TURN = ("session_id", "number", "event", "created_at")


class _Batch:
    """The turns of many receipts, in a handful of statements.

    Sessions are locked in the order of their keys, so that two workers never wait for each other in a circle.
    """

    def __init__(self, applications: Mapping[UUID, Application], recipients: Mapping[UUID, Recipient]) -> None:
        self._applications, self._recipients, self._now = applications, recipients, timezone.now()
        running = {key for one in recipients.values() if (key := one.message.session_id) is not None}
        locked = Session.objects.select_for_update().filter(pk__in=running).order_by("pk") if running else ()
        self._running = {session.pk: session for session in locked}
        self._started: list[Session] = []
        self._going_on: dict[UUID, Session] = {}
        self._turns: list[Turn] = []

    def add(self, receipt: DeliveryReceipt) -> Session | None:
        assert receipt.recipient_id is not None
        assert receipt.application_id is not None
        recipient = self._recipients[receipt.recipient_id]
        message, application = recipient.message, self._applications[receipt.application_id]
        session = self._running.get(message.session_id) if message.session_id else None
        if session is None:
            session = _fresh(application, Session.Type.RECEIPT, self._now, about=message)
            self._started.append(session)
        elif session.turns_count >= TURNS:
            log.warning("session %s has had its %s turns: receipt %s launches nothing", session.pk, TURNS, receipt.pk)
            return None
        else:
            _wake(session, self._now)
            self._going_on[session.pk] = session
        self._turns.append(_turn(session, receipt_event(receipt, recipient), self._now))
        return session

    def write(self) -> None:
        bulk.insert_new(self._started)
        Session.objects.bulk_update(self._going_on.values(), _AWAKE, batch_size=100)
        bulk.insert(Turn, _TURN, [(one.session_id, one.number, one.event, one.created_at) for one in self._turns])
        if self._turns:
            ring(browse_due)


def schedule_message(inbound: InboundMessage, application: Application) -> Session:
    """Let `application` run for an arriving mail, in the caller's transaction; the session it will run in.

    A mail in answer to one that a session of the application sent goes to that session (In-Reply-To, References); where that
    one has had all its turns, to a new session of type reply with its variables, whose parent it is.
    """
    event = {"message": storable(message_event(inbound))}
    with transaction.atomic():
        session = _locked(_answered_session(event["message"], application))
        if session is None:
            return _start(application, Session.Type.INBOUND, event)
        if session.turns_count >= TURNS:
            return _start(
                application, Session.Type.REPLY, event, parent=str(session.pk), variables=dict(session.variables)
            )
        return _go_on(session, event)


def _launchable(submission: Submission) -> Application:
    application = submission.application
    if application is None:
        raise Refused("invalid_request", "Which application is to run?", field="applicationName")
    if not application.enabled:
        raise Refused("application_disabled", f"The application {application} is disabled.", field="applicationName")
    if not application.application_url:
        raise Refused("launch_failed", f"The application {application} has no application URL.")
    return application


def _begin(application: Application, submission: Submission, parameters: dict[str, Any], seconds: float) -> Held:
    """The session with its first turn, held under a lease so that no sweep takes it while we call."""
    now, token = timezone.now(), new_id()
    with transaction.atomic():
        session = Session.objects.create(
            application=application,
            type=Session.Type.OUTBOUND,
            parent=submission.parent,
            parameters=storable(parameters),
            turns_count=1,
            started_at=now,
            due_at=now + turns.lease(seconds),
            claim=token,
        )
        event = storable(launch_event(submission))
        turn = Turn.objects.create(session=session, number=1, event=event, created_at=now)
    return Held(session, turn, token)


def _call(held: Held, seconds: float) -> Answer | Unreachable:
    call = turns.call(held, timeout=seconds)
    if call.refusal:
        return Unreachable(call.refusal)
    with BackgroundClient() as client:
        try:
            return client.post(
                call.url, content=call.content, headers=call.headers, timeout=call.timeout, limit=call.limit
            ).result()
        except Unreachable as outcome:
            return outcome


def _answered_session(mail: dict[str, Any], application: Application) -> UUID | None:
    """The session that sent what `mail` answers: the latest of those it refers to."""
    ids = {mail["in_reply_to"], *mail["references"]} - {""}
    sent = Message.objects.filter(message_id_header__in=ids, application=application, session__isnull=False)
    return sent.order_by("-id").values_list("session_id", flat=True).first()


def _locked(session: UUID | None) -> Session | None:
    return Session.objects.select_for_update().filter(pk=session).first() if session else None


def _start(application: Application, type: Session.Type, event: dict[str, Any], **fields: Any) -> Session:
    now = timezone.now()
    session = _fresh(application, type, now, **fields)
    session.save(force_insert=True)
    _turn(session, event, now).save()
    ring(browse_due)
    return session


def _go_on(session: Session, event: dict[str, Any]) -> Session:
    """Add a turn to a session. One that is just being called, or waits for its next try, comes to it afterwards by itself."""
    now = timezone.now()
    _wake(session, now)
    session.save(update_fields=_AWAKE)
    _turn(session, event, now).save()
    ring(browse_due)
    return session


def _fresh(application: Application, type: Session.Type, now: datetime, **fields: Any) -> Session:
    return Session(application=application, type=type, started_at=now, turns_count=1, due_at=now, **fields)


_AWAKE = ("turns_count", "state", "ended_at", "due_at")
"""What `_wake` writes."""


def _wake(session: Session, now: datetime) -> None:
    session.turns_count += 1
    session.state, session.ended_at = Session.State.RUNNING, None
    session.due_at = session.due_at or now


def _turn(session: Session, event: dict[str, Any], now: datetime) -> Turn:
    """The session's newest turn."""
    return Turn(session=session, number=session.turns_count, event=event, created_at=now)
