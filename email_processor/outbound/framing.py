"""What the mails of a mail merge have in common, found out once for all of them.

That is all that follows from neither its recipients nor its texts: who may send it and which way, who signs it, the fields of its
header, and most columns of its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.conf import settings

from email_processor.models import Message, Recipient, State
from email_processor.models.recipient import owner_of, share_of
from email_processor.outbound import dkim, mime
from email_processor.outbound.addresses import domain_of, needs_smtputf8
from email_processor.outbound.checking import check_frame
from email_processor.outbound.expectation import expected_receipts
from email_processor.outbound.submission import Mailbox, Refused, Submission
from epm.choices import InDoubtPolicy, RegisteredDelivery
from epm.models import EmailConnection, Zone
from lib import bulk
from lib.briefly import remembered


@dataclass(frozen=True, slots=True)
class Frame:
    """What is in common. `message` and `recipient` are as all their rows will be, but for what is a mail's own."""

    sender: tuple[int, UUID | None]
    """The keys of zone and application."""
    ways: tuple[EmailConnection, ...]
    signers: tuple[dkim.Signer, ...]
    fields: mime.Frame
    message: Message
    recipient: Recipient
    expected: dict[str, list[str] | None] = field(default_factory=dict)
    """Which reports may come, by what is asked for."""

    def expected_for(self, notify: str) -> list[str] | None:
        """See `expected_receipts`."""
        if notify not in self.expected:
            self.expected[notify] = expected_receipts(self.ways, notify)
        return self.expected[notify]


class Frames:
    """The frames of submissions that are accepted at one time, `now`, those with the same one mostly one after the other."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._common: tuple[Any, ...] | None = None
        self._last: Frame | Refused

    def of(self, submission: Submission) -> Frame | Refused:
        """Its frame, or what stands against all that have it. Mails have one where `_IN_COMMON` is equal.

        In a mail merge these are the same objects, so that comparing them takes no time.
        """
        common = _IN_COMMON(submission)
        if common != self._common:
            self._common, self._last = common, _framed(submission, self.now)
        return self._last


_IN_COMMON = attrgetter(
    *("zone", "application", "credential", "sender", "headers", "options"),
    *("ucid", "caller_session", "parent", "session"),
)


def _framed(submission: Submission, now: datetime) -> Frame | Refused:
    options = submission.options
    try:
        check_frame(submission, now)
        ways = () if options.sandbox else _ways_out(submission.zone, options.connection)
        fields = mime.frame(submission, now)
    except Refused as refused:
        return refused
    except ValueError as error:
        return Refused("invalid_request", str(error), field="headers")
    message = _message(submission, ways, now)
    return Frame(
        sender=(submission.zone.pk, message.application_id),
        ways=ways,
        signers=dkim.signers(submission.zone, domain_of(submission.sender.address)),
        fields=fields,
        message=message,
        recipient=_recipient(submission, ways, message),
    )


@remembered
def _ways_out(zone: Zone, name: str) -> tuple[EmailConnection, ...]:
    """The connection of that `name`, else all that are enabled in the zone, preferred ones first."""
    enabled = EmailConnection.objects.filter(zone=zone, enabled=True)
    ways = tuple(enabled.filter(name=name) if name else enabled.order_by("preference", "pk"))
    if not ways and name:
        detail = f"The zone {zone.name} has no enabled connection named {name!r}."
        raise Refused("invalid_request", detail, field="connection")
    if not ways:
        detail = f"The zone {zone.name} has no enabled connection to a mail server yet."
        raise Refused("processor_unavailable", detail)
    return ways


def _message(submission: Submission, ways: Sequence[EmailConnection], now: datetime) -> Message:
    """A Message that is not stored yet, without what is a mail's own."""
    options = submission.options
    return bulk.new(
        Message,
        zone_id=submission.zone.pk,
        application_id=submission.application.pk if submission.application else None,
        credential_id=submission.credential.pk if submission.credential else None,
        connection_id=ways[0].pk if options.connection and ways else None,
        session_id=submission.session,
        sender=submission.sender.address,
        from_header=_as_text(submission.sender),
        ret=options.ret,
        return_path_domain=ways[0].return_path_domain if ways else settings.EPM_RETURN_PATH_DOMAIN,
        ucid=submission.ucid,
        caller_session=submission.caller_session,
        parent=submission.parent,
        tags=list(options.tags),
        metadata=options.metadata,
        priority=options.priority,
        send_at=options.send_at,
        expire_at=_expiry(submission, now),
        tell_by=options.tell_by,
        sandbox=options.sandbox,
        in_doubt_policy=_in_doubt_policy(submission),
        smtputf8=any(needs_smtputf8(mailbox.address) for mailbox in (submission.sender, *options.reply_to)),
        accepted_at=now,
    )


def _recipient(submission: Submission, ways: Sequence[EmailConnection], message: Message) -> Recipient:
    """A queued recipient of `message`, without what is his own."""
    return bulk.new(
        Recipient,
        zone_id=message.zone_id,
        application_id=message.application_id,
        credential_id=owner_of(message),
        notify=submission.options.notify or _registered_delivery(submission, ways).notify,
        state=State.QUEUED,
        state_at=message.accepted_at,
        priority=message.priority,
        due_at=max(message.accepted_at, message.send_at or message.accepted_at),
        share=share_of(message),
        expire_at=message.expire_at,
    )


def _expiry(submission: Submission, now: datetime) -> datetime:
    """What the caller asks, but never later than the platform's own limit allows."""
    latest = max(now, submission.options.send_at or now) + settings.EPM_MAXIMUM_AGE
    return min(submission.options.expire_at or latest, latest)


def _in_doubt_policy(submission: Submission) -> str:
    if submission.options.in_doubt is not None:
        return submission.options.in_doubt
    return submission.application.in_doubt_policy if submission.application else InDoubtPolicy.RESEND


def _registered_delivery(submission: Submission, ways: Sequence[EmailConnection]) -> RegisteredDelivery:
    if submission.application is not None and submission.application.registered_delivery:
        return RegisteredDelivery(submission.application.registered_delivery)
    return RegisteredDelivery(ways[0].registered_delivery if ways else RegisteredDelivery.SUCCESS_AND_FAILURE)


def _as_text(mailbox: Mailbox) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else mailbox.address
