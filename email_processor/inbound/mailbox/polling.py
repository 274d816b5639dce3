"""One poll of one mailbox: open it, take what waits, and stay for news where the server tells them.

Every batch is committed before its mails are marked, deleted or moved. A crash in between, or a mailbox that is taken from
its poller at the worst moment, makes a mail be fetched again; the intake recognises it by its bytes.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import F, QuerySet
from django.utils import timezone

from email_processor.inbound import intake
from email_processor.inbound.intake import Arrival
from email_processor.inbound.mailbox.box import FAULTS, Box, in_words
from email_processor.inbound.mailbox.envelope import recover
from email_processor.inbound.mailbox.imap import ImapBox
from email_processor.inbound.mailbox.pop3 import Pop3Box
from email_processor.inbound.routes import Directory
from email_processor.models import InboundMessage
from epm.choices import MailboxProtocol
from epm.models import Mailbox
from lib import retry

log = logging.getLogger(__name__)

BATCH_MAILS = 200
BATCH_OCTETS = 8_000_000
"""What is fetched, committed and disposed of together. A larger mail goes alone."""

BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 300, 600))
"""Between two tries of a mailbox that cannot be read. Long in the end: a refused login must not lock an account."""

BOXES: dict[str, type[ImapBox] | type[Pop3Box]] = {MailboxProtocol.IMAP: ImapBox, MailboxProtocol.POP3: Pop3Box}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look brought: mails disposed of; those over the limit and those not given out stay where they are.

    Where it is not `is_all`, there is more to take at once.
    """

    count: int = 0
    too_large: int = 0
    withheld: int = 0
    is_all: bool = True

    @property
    def problem(self) -> str:
        limit = settings.EPM_INBOUND_LIMIT
        left = {f"they have over {limit} octets": self.too_large, "the server does not give them out": self.withheld}
        return " ".join(f"Left in the mailbox, for {why}: {count}." for why, count in left.items() if count)


def poll(key: UUID, token: UUID, stop: Event) -> None:
    """Read the mailbox `key`, held by `token`, until no news can be waited for or `stop`; then say when it is due again."""
    mailbox = Mailbox.objects.select_related("zone").filter(pk=key, claim=token).first()
    if mailbox is None:
        return
    try:
        is_all = _read(mailbox, stop)
    except FAULTS as fault:
        _back_off(mailbox, token, in_words(fault))
    except Exception as error:
        log.exception("mailbox %s cannot be read", mailbox)
        _back_off(mailbox, token, f"An error of ours: {type(error).__name__}: {error}")
    else:
        rest = timedelta(seconds=mailbox.poll_seconds) if is_all and not stop.is_set() else timedelta(0)
        _held(mailbox, token).update(due_at=timezone.now() + rest, claim=None)


def _read(mailbox: Mailbox, stop: Event) -> bool:
    """Answers whether all is taken."""
    box = BOXES[mailbox.protocol](mailbox)
    taken = Taken()
    try:
        while not stop.is_set():
            taken = take_all(box, mailbox, stop)
            _note(mailbox, taken)
            connections.close_all()
            if not taken.is_all or not (mailbox.idle and box.wait(stop, mailbox.poll_seconds)):
                break
    except BaseException:
        box.drop()
        raise
    box.close()
    return taken.is_all


def take_all(box: Box, mailbox: Mailbox, stop: Event) -> Taken:
    """Take what waits now, batch by batch."""
    directory = Directory.read()
    count = too_large = withheld = 0
    keys = box.waiting()
    for start in range(0, len(keys), BATCH_MAILS):
        sizes = box.sizes(keys[start : start + BATCH_MAILS])
        too_large += sum(size > settings.EPM_INBOUND_LIMIT for size in sizes.values())
        for batch in _batches([(key, size) for key, size in sizes.items() if size <= settings.EPM_INBOUND_LIMIT]):
            if stop.is_set():
                return Taken(count, too_large, withheld)
            if box.most_at_once is not None and count >= box.most_at_once:
                return Taken(count, too_large, withheld, is_all=False)
            taken = _take(box, batch, mailbox, directory)
            count, withheld = count + taken, withheld + len(batch) - taken
    return Taken(count, too_large, withheld)


def _take(box: Box, keys: Sequence[int], mailbox: Mailbox, directory: Directory) -> int:
    """Fetch, commit, then dispose."""
    mails = box.fetch(keys)
    arrivals = []
    for raw in mails.values():
        envelope = recover(raw, directory, mailbox.address)
        arrivals.append(Arrival(raw, envelope.mail_from, envelope.rcpt_to, InboundMessage.Source.MAILBOX))
    intake.keep(arrivals)
    if mails:
        box.dispose(list(mails))
    return len(mails)


def _batches(mails: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Keys, in order, of at most BATCH_OCTETS together."""
    batch: list[int] = []
    octets = 0
    for key, size in mails:
        if batch and octets + size > BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
        batch.append(key)
        octets += size
    if batch:
        yield batch


def _note(mailbox: Mailbox, taken: Taken) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(
        taken=F("taken") + taken.count, problem=taken.problem, failures=0, checked_at=timezone.now()
    )
    mailbox.failures = 0


def _back_off(mailbox: Mailbox, token: UUID, problem: str) -> None:
    log.warning("mailbox %s: %s", mailbox, problem)
    failures = mailbox.failures + 1
    again = timezone.now() + retry.next_try_with_tail(BACK_OFF, failures)
    _held(mailbox, token).update(due_at=again, claim=None, failures=failures, problem=problem[:300])


def _held(mailbox: Mailbox, token: UUID) -> "QuerySet[Mailbox]":
    return Mailbox.objects.filter(pk=mailbox.pk, claim=token)
