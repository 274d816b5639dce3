"""The first station: check a submission, store it and queue it, in one transaction. What is committed here will be sent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from email_processor import lifecycle, suppression
from email_processor.models import Attachment, Content, Message, Recipient, State, Suppression
from email_processor.outbound import dkim, mime
from email_processor.outbound.addresses import needs_smtputf8, wire_address
from email_processor.outbound.checking import check_mail
from email_processor.outbound.framing import Frame, Frames
from email_processor.outbound.submission import Destination, Refused, Submission
from email_processor.outbound.tasks import send_due
from epm.models import EmailConnection
from lib import bulk
from lib.doorbell import ring
from lib.ids import new_ids

_PORTION_OCTETS = 8_000_000


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
    outcomes: list[Accepted | Refused] = []
    with transaction.atomic(savepoint=False):
        frames = Frames(timezone.now())
        for some in _in_portions(submissions):
            drafts = _held_back(_drafts(some, frames))
            _store([draft for draft in drafts if isinstance(draft, _Draft)])
            outcomes += [_accepted(draft) for draft in drafts]
    return outcomes


@dataclass(frozen=True, slots=True)
class _Draft:
    """What will be stored for one submission."""

    submission: Submission
    frame: Frame
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
        octets += len(submission.text) + len(submission.html)
        octets += sum(len(file.content) for file in submission.attachments)
        if octets > _PORTION_OCTETS:
            yield portion
            portion, octets = [], 0
    if portion:
        yield portion


def _drafts(submissions: Sequence[Submission], frames: Frames) -> list[_Draft | Refused]:
    ids = iter(new_ids(sum(1 + len(submission.destinations) for submission in submissions)))
    return [_drafted(submission, frames, ids) for submission in submissions]


def _drafted(submission: Submission, frames: Frames, ids: Iterator[UUID]) -> _Draft | Refused:
    """`ids` are taken for the message and its recipients."""
    frame = frames.of(submission)
    if isinstance(frame, Refused):
        return frame
    id = next(ids)
    message_id_header = f"<{id}@{settings.EPM_HOST_NAME}>"
    try:
        check_mail(submission)
        content = mime.build(submission, id, message_id_header, frame.fields)
    except Refused as refused:
        return refused
    except ValueError as error:
        return Refused("invalid_request", str(error), field="headers")
    content = dkim.sign(content, frame.signers, frames.now)
    message = bulk.like(
        frame.message,
        id=id,
        subject=submission.subject,
        message_id_header=message_id_header,
        envid=submission.options.envid or str(id),
        size=len(content),
        smtputf8=frame.message.smtputf8 or _shows_utf8_addresses(submission),
    )
    return _Draft(submission, frame, message, content, _recipients(submission, frame, id, ids))


def _held_back(drafts: Sequence[_Draft | Refused]) -> list[_Draft | Refused]:
    """Mark those recipients who get no mail; refused is a mail that nobody would get. A query for each application."""
    addresses: defaultdict[tuple[int, UUID | None], list[str]] = defaultdict(list)
    for draft in drafts:
        if isinstance(draft, _Draft):
            addresses[draft.frame.sender] += [row.address for row in draft.recipients]
    entries = {sender: suppression.suppressed_at(*sender, asked) for sender, asked in addresses.items()}
    return [_without(draft, entries[draft.frame.sender]) if isinstance(draft, _Draft) else draft for draft in drafts]


def _without(draft: _Draft, entries: Mapping[str, Suppression]) -> _Draft | Refused:
    if not entries:
        return draft
    held_back = [recipient for recipient in draft.recipients if recipient.address in entries]
    if len(held_back) == len(draft.recipients):
        some = [suppression.why(entries[recipient.address]) for recipient in held_back[:3]]
        return Refused("all_suppressed", " ".join(["Nobody is left to send to.", *some]), field="to")
    for recipient in held_back:
        recipient.state, recipient.due_at = State.SUPPRESSED, None
    return replace(draft, suppressed={row.id: suppression.why(entries[row.address]) for row in held_back})


def _accepted(draft: _Draft | Refused) -> Accepted | Refused:
    if isinstance(draft, Refused):
        return draft
    expected = {row.id: draft.frame.expected_for(row.notify) for row in draft.recipients}
    expected |= {key: [] for key in draft.suppressed}
    return Accepted(draft.message, tuple(draft.recipients), draft.frame.ways, expected)


def _shows_utf8_addresses(submission: Submission) -> bool:
    """Is there a recipient in the header that only RFC 6532 lets stand there? (Bcc is in the envelope alone.)"""
    return any(needs_smtputf8(d.mailbox.address) for d in submission.destinations if d.kind != Recipient.Kind.BCC)


def _recipients(submission: Submission, frame: Frame, message: UUID, ids: Iterator[UUID]) -> list[Recipient]:
    """One queued row for every address; an address given twice is sent to once."""
    return [
        bulk.like(
            frame.recipient,
            id=next(ids),
            message_id=message,
            kind=destination.kind,
            address=destination.mailbox.address,
            name=destination.mailbox.name[:200],
            notify=destination.notify or frame.recipient.notify,
            orcpt=destination.orcpt or _original_recipient(destination.mailbox.address),
            metadata=destination.metadata,
        )
        for destination in _each_once(submission.destinations)
    ]


def _each_once(destinations: Iterable[Destination]) -> Iterable[Destination]:
    first: dict[str, Destination] = {}
    for destination in destinations:
        first.setdefault(wire_address(destination.mailbox.address), destination)
    return first.values()


def _original_recipient(address: str) -> str:
    """ORCPT, decoded (RFC 3461 4.2; RFC 6533 3 for addresses that ASCII cannot say)."""
    return f"utf-8;{address}" if needs_smtputf8(address) else f"rfc822;{wire_address(address)}"


def _store(drafts: Sequence[_Draft]) -> None:
    """Write the rows and ring for what is due."""
    bulk.insert_new([draft.message for draft in drafts])
    bulk.insert(Content, ("message_id", "mime"), [(draft.message.id, draft.content) for draft in drafts])
    if any(draft.submission.attachments for draft in drafts):
        Attachment.objects.bulk_create(_attachments(drafts))
    suppressed = {key: why for draft in drafts for key, why in draft.suppressed.items()}
    lifecycle.enter([recipient for draft in drafts for recipient in draft.recipients], suppressed)
    for zone_name in {draft.submission.zone.name for draft in drafts if _is_due(draft)}:
        ring(send_due, zone_name)


def _attachments(drafts: Iterable[_Draft]) -> Iterator[Attachment]:
    for draft in drafts:
        for file in draft.submission.attachments:
            yield Attachment(
                message=draft.message,
                file_name=file.file_name[:255],
                content_type=file.content_type[:127],
                size=len(file.content),
                url=file.url[:2000],
            )


def _is_due(draft: _Draft) -> bool:
    return any(recipient.due_at == draft.message.accepted_at for recipient in draft.recipients)
