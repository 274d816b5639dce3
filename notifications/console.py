"""How notifications look, wherever the console shows them."""

import json

from django.utils.safestring import SafeString

from epm.console.shown import BAD, GOOD, QUIET, WAITING, label
from notifications.models import Notification, NotificationAttempt, NotificationState

STATES = {
    NotificationState.PENDING: WAITING,
    NotificationState.TOLD: GOOD,
    NotificationState.ABANDONED: BAD,
    NotificationState.STOPPED: QUIET,
}


def state_label(notification: Notification) -> SafeString:
    state = NotificationState(notification.state)
    return label(state.name.lower(), STATES[state], state.label)


def outcome_tone(attempt: NotificationAttempt) -> str:
    """A 2xx is good; anything else did not tell the application."""
    return GOOD if attempt.status is not None and 200 <= attempt.status < 300 else BAD


def body_text(notification: Notification) -> str:
    """The body that is signed and sent, laid out for reading."""
    raw = bytes(notification.body).decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except ValueError:
        return raw
