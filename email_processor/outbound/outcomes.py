"""What came of an attempt, and what it means for its recipient: SendResults become moves, and moves are written."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import EventType, State
from email_processor.outbound import later, queue
from email_processor.outbound.queue import Outgoing
from email_processor.outbound.seeing_through import AWAY
from email_processor.outbound.send_result import Outcome, SendResult
from lib import retry

log = logging.getLogger(__name__)

_A_LITTLE_LATER = 1.02
"""Times what a server asks: its clock is not ours."""


def moves_for(mail: Outgoing, result: SendResult | None) -> list[Move]:
    """What an attempt's result means for its recipient. None is a bug before the wire: it is tried again later."""
    if result is None:
        return _deferral(mail, {"why": "An error of the platform; the log has it."})
    smtp = {**result.as_data(), "attempt": mail.attempt}
    if result.outcome is Outcome.IN_DOUBT:
        why = "The connection was lost after the mail's last line and before the server's answer."
        return queue.doubt(mail, why, resend_at=_next_try(mail), smtp=smtp)
    if result.outcome is Outcome.DEFERRED:
        return _deferral(mail, {"smtp": smtp}, not_before=_asked(result))
    event, state = _SETTLED[result.outcome]
    return [Move(mail.id, event, state, {"smtp": smtp}, attempt=mail.attempt)]


_SETTLED = {Outcome.SENT: (EventType.SENT, State.SENT), Outcome.FAILED: (EventType.FAILED, State.FAILED)}


def _deferral(mail: Outgoing, data: dict[str, Any], not_before: datetime | None = None) -> list[Move]:
    """Later again, but never later than it expires: then its end is written."""
    due_at = min(retry.not_before(not_before, _next_try(mail)), mail.expire_at)
    return [Move(mail.id, EventType.DEFERRED, State.DEFERRED, data, due_at, attempt=mail.attempt)]


def _asked(result: SendResult) -> datetime | None:
    """When the server wants to see the mail again, if it says so."""
    wait = later.asked(result.text) if result.code is not None else None
    return _in_whole_seconds(wait * _A_LITTLE_LATER) + timedelta(seconds=1) if wait is not None else None


def stayed(mail: Outgoing) -> list[Move]:
    """Should its intent have been written, then in vain."""
    why = {"why": "The database was away just before this mail was to leave."}
    return [Move(mail.id, EventType.DEFERRED, State.DEFERRED, why, timezone.now(), attempt=mail.attempt)]


def _next_try(mail: Outgoing) -> datetime:
    return _in_whole_seconds(retry.next_try_with_tail(retry.MAIL, mail.attempt))


def _in_whole_seconds(delay: timedelta) -> datetime:
    """Rows that fall due together are written together."""
    return (timezone.now() + delay).replace(microsecond=0)


def write(all_moves: Sequence[list[Move]]) -> None:
    """All in one transaction. Should one be a bug, it alone stays unwritten: its lease runs out, and it is in doubt."""
    try:
        lifecycle.advance([move for moves in all_moves for move in moves])
    except AWAY:
        raise
    except Exception:
        log.exception("results could not be written together; now one by one")
        for moves in all_moves:
            _write_alone(moves)


def _write_alone(moves: list[Move]) -> None:
    try:
        lifecycle.advance(moves)
    except AWAY:
        raise
    except Exception:
        log.exception("the result of recipient %s could not be written", moves[0].recipient)
