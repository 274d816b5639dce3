"""What the states of mail mean to a person: a tone for the eye, a sentence for who asks."""

from collections.abc import Mapping

from django.utils.safestring import SafeString

from email_processor.models import (
    DeliveryReceipt,
    EventType,
    Evidence,
    InboundMessage,
    MatchedBy,
    Session,
    State,
    Suppression,
)
from epm.console.shown import BAD, GOOD, QUIET, UNDER_WAY, WAITING, label

STATES: Mapping[State, tuple[str, str]] = {
    State.QUEUED: (UNDER_WAY, "Accepted and waiting to be sent."),
    State.SENDING: (UNDER_WAY, "A worker is handing it to the mail server right now."),
    State.SENT: (UNDER_WAY, "The mail server took it. No report has come yet; perhaps none will."),
    State.DEFERRED: (WAITING, "The server said “not now”. It is tried again by itself."),
    State.FAILED: (BAD, "The server refused it for good. It was not delivered."),
    State.IN_DOUBT: (WAITING, "A worker died while it was on the wire: nobody knows yet whether it left."),
    State.EXPIRED: (BAD, "It could not be sent in time, and is not tried any more."),
    State.HELD: (WAITING, "Held back until a person decides."),
    State.CANCELLED: (QUIET, "Withdrawn before it was sent."),
    State.SUPPRESSED: (QUIET, "Not sent: the address is on the suppression list."),
    State.RELAYED: (UNDER_WAY, "Handed on to a server that reports nothing further."),
    State.DELIVERED: (GOOD, "The last server reported that it was delivered."),
    State.BOUNCED: (BAD, "A server took it, and reported later that it could not deliver it."),
}

EVENTS: Mapping[EventType, tuple[str, str]] = {
    EventType.ACCEPTED: (UNDER_WAY, "inbox"),
    EventType.SENT: (UNDER_WAY, "send"),
    EventType.DEFERRED: (WAITING, "schedule"),
    EventType.FAILED: (BAD, "block"),
    EventType.IN_DOUBT: (WAITING, "help"),
    EventType.EXPIRED: (BAD, "timer_off"),
    EventType.HELD: (WAITING, "pause"),
    EventType.REQUEUED: (UNDER_WAY, "replay"),
    EventType.CANCELLED: (QUIET, "close"),
    EventType.SUPPRESSED: (QUIET, "do_not_disturb_on"),
    EventType.DELIVERED: (GOOD, "check"),
    EventType.RELAYED: (UNDER_WAY, "forward"),
    EventType.BOUNCED: (BAD, "undo"),
    EventType.DELAYED: (WAITING, "hourglass_top"),
    EventType.EXPANDED: (UNDER_WAY, "call_split"),
    EventType.COMPLAINED: (BAD, "report"),
    EventType.READ: (GOOD, "visibility"),
    EventType.OVERDUE: (WAITING, "alarm"),
}
"""Tone and symbol of each kind of Event."""

ACTIONS = {
    "delivered": GOOD,
    "failed": BAD,
    "delayed": WAITING,
    "relayed": UNDER_WAY,
    "expanded": UNDER_WAY,
    "read": GOOD,
    "unread": QUIET,
    "complained": BAD,
    "feedback": QUIET,
}
"""The Action field of a report (RFC 3464 2.3.3), and what read reports and complaints say."""

EVIDENCE: Mapping[Evidence, tuple[str, str]] = {
    Evidence.NONE: (QUIET, "Says nothing about delivery."),
    Evidence.ACCEPTED: (UNDER_WAY, "Only the next server's word that it took the mail."),
    Evidence.RELAYED: (UNDER_WAY, "It went on to a server that sends no reports: this is the last that can be known."),
    Evidence.REPORTED: (GOOD, "The server of the mailbox itself reported. There is no better proof from a machine."),
    Evidence.READ: (GOOD, "The reader's own program confirmed that it was shown. People can decline this, or fake it."),
}

KINDS = {
    InboundMessage.Kind.UNCLASSIFIED: WAITING,
    InboundMessage.Kind.DELIVERY_REPORT: UNDER_WAY,
    InboundMessage.Kind.READ_REPORT: GOOD,
    InboundMessage.Kind.COMPLAINT: BAD,
    InboundMessage.Kind.AUTO_REPLY: QUIET,
    InboundMessage.Kind.REGULAR: UNDER_WAY,
}

SESSIONS = {Session.State.RUNNING: UNDER_WAY, Session.State.ENDED: GOOD, Session.State.FAILED: BAD}

SUPPRESSIONS = {
    Suppression.Source.BOUNCE: "A server said that the address is unknown, moved or closed.",
    Suppression.Source.COMPLAINT: "The owner of the address called a mail of the application unwanted.",
    Suppression.Source.HAND: "Somebody put it on the list, here in the console.",
    Suppression.Source.API: "A program put it on the list through the Application Interface.",
}


def state_label(state: str) -> SafeString:
    tone, meaning = STATES[State(state)]
    return label(State(state).label, tone, meaning)


def action_label(receipt: DeliveryReceipt) -> SafeString:
    action = receipt.action.lower()
    return label(action or "no report", ACTIONS.get(action, QUIET))


def reason_label(receipt: DeliveryReceipt) -> SafeString:
    """The class of a reason in words, what to do about it on hovering."""
    if receipt.reason in ("", receipt.action):
        return SafeString("")
    return label(receipt.reason.replace("_", " "), QUIET, receipt.explanation)


def evidence_label(receipt: DeliveryReceipt) -> SafeString:
    tone, meaning = EVIDENCE[Evidence(receipt.evidence)]
    return label(Evidence(receipt.evidence).label, tone, meaning)


def match_label(receipt: DeliveryReceipt) -> SafeString:
    if receipt.recipient_id is None and receipt.dismissed_at:
        return label("dismissed", QUIET, f"By {receipt.decided_by}: nobody's.")
    if receipt.recipient_id is None:
        return label("quarantine", WAITING, receipt.note or "It could not be joined to a mail of this platform.")
    return label(MatchedBy(receipt.matched_by).label, QUIET, "The key that joined it to its recipient.")


def kind_label(inbound: InboundMessage) -> SafeString:
    return label(inbound.get_kind_display(), KINDS[InboundMessage.Kind(inbound.kind)])


def session_label(session: Session) -> SafeString:
    return label(session.get_state_display(), SESSIONS[Session.State(session.state)])
