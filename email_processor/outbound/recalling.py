"""Mails that expire, or that somebody wants back, while they are on the wire: until its content begins to leave, nothing has
happened to a mail.

Whoever holds or cancels a mail that is `sending` leaves a Recall (see `lifecycle`), for only the worker that has the mail
knows how far it came. A worker looks for them once a second. What comes too late for it (the mail had just been put off, or the
worker died) the sweep answers (see `queue`).
"""

import time
from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from email_processor.lifecycle import Move
from email_processor.models import Recall
from email_processor.outbound import outcomes, queue
from email_processor.outbound.queue import Claimed, Outgoing
from email_processor.outbound.send_result import SendResult

EVERY = 1.0
"""Seconds between two looks."""


class Recalls:
    """What is wanted back of the mails that one worker has."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[UUID, int], Recall] = {}
        """By recipient and attempt: who takes a mail back may have it again in the next moment."""
        self._past: frozenset[UUID] = frozenset()
        """Those whose time is over."""
        self._look_at = time.monotonic() + EVERY

    def look(self, held: Mapping[UUID, Claimed]) -> frozenset[UUID]:
        """Which of those that are `held` shall come back; none, while it is not yet time to look."""
        if time.monotonic() < self._look_at:
            return frozenset()
        self._look_at = time.monotonic() + EVERY
        wanted = {key: recall for key, recall in Recall.objects.in_bulk().items() if key in held}
        self._wanted = {(key, held[key].mail.attempt): recall for key, recall in wanted.items()}
        now = timezone.now()
        self._past = frozenset(key for key, one in held.items() if one.mail.expire_at <= now)
        return self._past | wanted.keys()

    def moves_for(self, mail: Outgoing, result: SendResult | None) -> list[Move]:
        """What an attempt's result means for its recipient (see `outcomes`), and for who wants the mail back."""
        recall = self._wanted.get((mail.id, mail.attempt))
        if recall is None:
            has_expired = result is None and mail.id in self._past
            return [queue.expiry(mail.id, mail.attempt)] if has_expired else outcomes.moves_for(mail, result)
        moves = outcomes.moves_for(mail, result) if result is not None else []
        return [*moves, queue.withdrawal(recall, attempt=mail.attempt)]
