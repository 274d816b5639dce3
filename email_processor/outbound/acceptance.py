"""The first station: check a submission, store it and queue it, in one transaction. What is committed here will be sent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from email_processor import lifecycle, suppression
from email_processor.models import Attachment, Content, Message, Recipient, State, Suppression
from email_processor.models.recipient import owner_of, share_of
from email_processor.outbound import dkim, mime
from email_processor.outbound.addresses import domain_of, needs_smtputf8, wire_address
from email_processor.outbound.checking import check
from email_processor.outbound.expectation import expected_receipts
from email_processor.outbound.submission import Destination, Mailbox, Refused, Submission
from email_processor.outbound.tasks import send_due
from epm.choices import InDoubtPolicy, RegisteredDelivery
from epm.models import Application, EmailConnection, Zone
from lib import bulk
from lib.briefly import remembered
from lib.doorbell import ring
from lib.ids import new_id

_PORTION, _PORTION_OCTETS = 250, 8_000_000


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
    [accepted] = accept_many([submission])
    if isinstance(accepted, Refused):
        raise accepted
    return accepted


def accept_many(submissions: Sequence[Submission]) -> list[Accepted | Refused]:
    """Check each of `submissions`; store and queue all that stand the check in a few statements, in one atomic block.

    Answers one value each, in order.
    """
    now = timezone.now()
    outcomes: list[Accepted | Refused] = []
    with transaction.atomic(savepoint=False):
        for some in _in_portions(submissions):
            drafts = _held_back([_drafted(submission, now) for submission in some])
            _store([draft for draft in drafts if isinstance(draft, _Draft)])
            outcomes += [_accepted(draft) for draft in drafts]
    return outcomes


@dataclass(frozen=True, slots=True)
class _Draft:
    """What will be stored for one submission."""

    submission: Submission
    ways: Sequence[EmailConnection]
    message: Message
    content: bytes
    recipients: list[Recipient]
    suppressed: Mapping[UUID, str] = field(default_factory=dict)
    """Those who get no mail, and why."""


def _in_portions(submissions: Sequence[Submission]) -> Iterator[list[Submission]]:
    """Few enough at a time that their MIME bytes do not fill the memory."""
    portion, octets = list[Submission](), 0
    for submission in submissions:
        portion.append(submission)
        octets += sum(len(file.content) for file in submission.attachments)
        if len(portion) == _PORTION or octets > _PORTION_OCTETS:
            yield portion
            portion, octets = [], 0
    yield portion


def _drafted(submission: Submission, now: datetime) -> _Draft | Refused:
    try:
        check(submission, now)
        ways = () if submission.options.sandbox else _ways_out(submission.zone, submission.options.connection)
        message, content = _compose(submission, ways, now)
    except Refused as refused:
        return refused
    return _Draft(submission, ways, message, content, _recipients(submission, ways, message))


def _held_back(drafts: Sequence[_Draft | Refused]) -> list[_Draft | Refused]:
    """Mark those recipients who get no mail; refused is a mail that nobody would get. A query for each application."""
    addresses: defaultdict[tuple[Zone, Application | None], list[str]] = defaultdict(list)
    for draft in drafts:
        if isinstance(draft, _Draft):
            addresses[_sender_of(draft)] += [row.address for row in draft.recipients]
    entries = {sender: suppression.suppressed(*sender, asked) for sender, asked in addresses.items()}
    return [_without(draft, entries[_sender_of(draft)]) if isinstance(draft, _Draft) else draft for draft in drafts]


def _sender_of(draft: _Draft) -> tuple[Zone, Application | None]:
    return draft.submission.zone, draft.submission.application


def _without(draft: _Draft, entries: Mapping[str, Suppression]) -> _Draft | Refused:
    if not entries:
        return draft
    held_back = [recipient for recipient in draft.recipients if recipient.address in entries]
    if len(held_back) == len(draft.recipients):
        some = [suppression.why(entries[recipient.address]) for recipient in held_back[:3]]
        return Refused("all_suppressed", " ".join(["Nobody is left to send to.", *some]), field="to")
    for recipient in held_back:
        recipient.state, recipient.due_at = State.SUPPRESSED, None
    return replace(draft, suppressed={row.pk: suppression.why(entries[row.address]) for row in held_back})


def _accepted(draft: _Draft | Refused) -> Accepted | Refused:
    if isinstance(draft, Refused):
        return draft
    expected = {
        row.pk: [] if row.pk in draft.suppressed else expected_receipts(draft.ways, row.notify)
        for row in draft.recipients
    }
    return Accepted(draft.message, tuple(draft.recipients), tuple(draft.ways), expected)


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


def _compose(submission: Submission, ways: Sequence[EmailConnection], now: datetime) -> tuple[Message, bytes]:
    """The Message and its MIME bytes, neither stored yet."""
    options, id = submission.options, new_id()
    message_id_header = f"<{id}@{settings.EPM_HOST_NAME}>"
    content = _built(submission, id, message_id_header, now)
    content = dkim.sign(content, dkim.signers(submission.zone, domain_of(submission.sender.address)), now)
    message = bulk.new(
        Message,
        id=id,
        zone_id=submission.zone.pk,
        application_id=submission.application.pk if submission.application else None,
        credential_id=submission.credential.pk if submission.credential else None,
        connection_id=ways[0].pk if options.connection and ways else None,
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
    share, owner = share_of(message), owner_of(message)
    return [
        bulk.new(
            Recipient,
            message_id=message.pk,
            zone_id=message.zone_id,
            application_id=message.application_id,
            credential_id=owner,
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
            share=share,
            expire_at=message.expire_at,
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


def _store(drafts: Sequence[_Draft]) -> None:
    """Write the rows and ring for what is due."""
    bulk.insert_new([draft.message for draft in drafts])
    bulk.insert(Content, ("message_id", "mime"), [(draft.message.pk, draft.content) for draft in drafts])
    Attachment.objects.bulk_create(
        Attachment(
            message=draft.message,
            file_name=file.file_name[:255],
            content_type=file.content_type[:127],
            size=len(file.content),
            url=file.url[:2000],
        )
        for draft in drafts
        for file in draft.submission.attachments
    )
    suppressed = {key: why for draft in drafts for key, why in draft.suppressed.items()}
    lifecycle.enter([recipient for draft in drafts for recipient in draft.recipients], suppressed)
    for zone_name in {draft.submission.zone.name for draft in drafts if _is_due(draft)}:
        ring(send_due, zone_name)


def _is_due(draft: _Draft) -> bool:
    return any(recipient.due_at == draft.message.accepted_at for recipient in draft.recipients)
