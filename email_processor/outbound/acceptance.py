"""The first station: check a submission, store it and queue it, in one transaction. What is committed here will be sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from email_processor import lifecycle
from email_processor.models import Attachment, Content, Message, Recipient, State
from email_processor.outbound import mime
from email_processor.outbound.addresses import needs_smtputf8, wire_address
from email_processor.outbound.checking import check
from email_processor.outbound.expectation import expected_receipts
from email_processor.outbound.submission import Destination, Mailbox, Refused, Submission
from email_processor.outbound.tasks import send_due
from epm.choices import InDoubtPolicy, RegisteredDelivery
from epm.models import EmailConnection
from lib.doorbell import ring
from lib.ids import new_id


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a submission. `ways` are the connections it may take, none in the sandbox.

    `expected` says for every recipient's id which reports may come; None where a server was never greeted.
    """

    message: Message
    recipients: tuple[Recipient, ...]
    ways: tuple[EmailConnection, ...]
    expected: dict[UUID, list[str] | None]


def accept(submission: Submission) -> Accepted:
    """Check, store and queue `submission`: one atomic block, which joins an outer one.

    Raises Refused; then nothing was stored.
    """
    now = timezone.now()
    check(submission, now)
    ways = _ways_out(submission)
    message, content = _compose(submission, ways, now)
    recipients = _recipients(submission, ways, message)
    with transaction.atomic():
        _store(submission, message, content, recipients)
        if recipients[0].due_at == now:
            ring(send_due, submission.zone.name)
    expected = {recipient.pk: expected_receipts(ways, recipient.notify) for recipient in recipients}
    return Accepted(message, tuple(recipients), ways, expected)


def _ways_out(submission: Submission) -> tuple[EmailConnection, ...]:
    """The connection asked for, else all that are enabled in the zone, preferred ones first; none in the sandbox."""
    name = submission.options.connection
    if submission.options.sandbox:
        return ()
    enabled = EmailConnection.objects.filter(zone=submission.zone, enabled=True)
    ways = tuple(enabled.filter(name=name) if name else enabled.order_by("preference", "pk"))
    if not ways and name:
        detail = f"The zone {submission.zone.name} has no enabled connection named {name!r}."
        raise Refused("invalid_request", detail, field="connection")
    if not ways:
        detail = f"The zone {submission.zone.name} has no enabled connection to a mail server yet."
        raise Refused("processor_unavailable", detail)
    return ways


def _compose(submission: Submission, ways: Sequence[EmailConnection], now: datetime) -> tuple[Message, bytes]:
    """The Message and its MIME bytes, neither stored yet."""
    options, id = submission.options, new_id()
    message_id_header = f"<{id}@{settings.EPM_HOST_NAME}>"
    content = _built(submission, id, message_id_header, now)
    message = Message(
        id=id,
        zone=submission.zone,
        application=submission.application,
        credential=submission.credential,
        connection=ways[0] if options.connection and ways else None,
        session_id=submission.session,
        sender=submission.sender.address,
        from_header=_as_text(submission.sender),
        subject=submission.subject,
        message_id_header=message_id_header,
        envid=options.envid or str(id),
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
        size=len(content),
        smtputf8=_shows_utf8_addresses(submission),
        accepted_at=now,
    )
    return message, content


def _built(submission: Submission, id: UUID, message_id_header: str, now: datetime) -> bytes:
    try:
        return mime.build(submission, id, message_id_header, now)
    except ValueError as error:
        raise Refused("invalid_request", str(error), field="headers") from error


def _expiry(submission: Submission, now: datetime) -> datetime:
    """What the caller asks, but never later than the platform's own limit allows."""
    latest = max(now, submission.options.send_at or now) + settings.EPM_MAXIMUM_AGE
    return min(submission.options.expire_at or latest, latest)


def _in_doubt_policy(submission: Submission) -> str:
    if submission.options.in_doubt is not None:
        return submission.options.in_doubt
    return submission.application.in_doubt_policy if submission.application else InDoubtPolicy.RESEND


def _shows_utf8_addresses(submission: Submission) -> bool:
    """Is there an address in the header that only RFC 6532 lets stand there? (Bcc is in the envelope alone.)"""
    shown = [d.mailbox for d in submission.destinations if d.kind != Recipient.Kind.BCC]
    return any(needs_smtputf8(m.address) for m in (submission.sender, *submission.options.reply_to, *shown))


def _recipients(submission: Submission, ways: Sequence[EmailConnection], message: Message) -> list[Recipient]:
    """One queued row for every address; an address given twice is sent to once."""
    usual_notify = submission.options.notify or _registered_delivery(submission, ways).notify
    due_at = max(message.accepted_at, message.send_at or message.accepted_at)
    return [
        Recipient(
            message=message,
            zone=submission.zone,
            application=submission.application,
            kind=destination.kind,
            address=destination.mailbox.address,
            name=destination.mailbox.name[:200],
            notify=destination.notify or usual_notify,
            orcpt=destination.orcpt or _original_recipient(destination.mailbox.address),
            metadata=destination.metadata,
            state=State.QUEUED,
            state_at=message.accepted_at,
            priority=message.priority,
            due_at=due_at,
        )
        for destination in _each_once(submission.destinations)
    ]


def _each_once(destinations: Iterable[Destination]) -> Iterable[Destination]:
    first: dict[str, Destination] = {}
    for destination in destinations:
        first.setdefault(wire_address(destination.mailbox.address), destination)
    return first.values()


def _registered_delivery(submission: Submission, ways: Sequence[EmailConnection]) -> RegisteredDelivery:
    if submission.application is not None and submission.application.registered_delivery:
        return RegisteredDelivery(submission.application.registered_delivery)
    return RegisteredDelivery(ways[0].registered_delivery if ways else RegisteredDelivery.SUCCESS_AND_FAILURE)


def _original_recipient(address: str) -> str:
    """ORCPT, decoded (RFC 3461 4.2; RFC 6533 3 for addresses that ASCII cannot say)."""
    return f"utf-8;{address}" if needs_smtputf8(address) else f"rfc822;{wire_address(address)}"


def _as_text(mailbox: Mailbox) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else mailbox.address


def _store(submission: Submission, message: Message, content: bytes, recipients: list[Recipient]) -> None:
    message.save(force_insert=True)
    Content.objects.bulk_create([Content(message=message, mime=content)])
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            file_name=file.file_name[:255],
            content_type=file.content_type[:127],
            size=len(file.content),
            url=file.url[:2000],
        )
        for file in submission.attachments
    )
    lifecycle.enter(recipients)
