"""The pollers of one process: a thread for each mailbox it holds. The row's claim makes it the only one anywhere."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID

from django.db import Error, close_old_connections, connections

from email_processor.inbound.mailbox.polling import poll
from epm.models import Mailbox
from lib import claims

log = logging.getLogger(__name__)

MAILBOXES = 200
"""How many one process reads at once."""
LEASE = timedelta(seconds=60)
"""How long a mailbox waits for another process when its own died."""
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Poller:
    thread: Thread
    token: UUID
    stop: Event


class Pollers:
    """Reads every enabled mailbox that nobody else reads, until `stop` is set.

    A mailbox that an operator changes loses its claim; its poller is stopped and it is read afresh.
    """

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._running: dict[UUID, _Poller] = {}

    def run(self) -> None:
        """Returns when all pollers have finished the batch at hand."""
        while not self._stop.is_set():
            close_old_connections()
            try:
                self._look()
            except Error:
                log.exception("cannot look for mailboxes to read")
            self._stop.wait(LOOK_SECONDS)
        for poller in self._running.values():
            poller.stop.set()
        for poller in self._running.values():
            poller.thread.join()

    def _look(self) -> None:
        self._running = {key: poller for key, poller in self._running.items() if poller.thread.is_alive()}
        self._renew()
        # One whose poller was just told to stop waits until it has.
        queue = Mailbox.objects.exclude(pk__in=list(self._running)).order_by("due_at")
        held = claims.claim(queue, lease=LEASE, limit=MAILBOXES - len(self._running))
        for key in held.keys:
            self._start(key, held.token)

    def _renew(self) -> None:
        for token, keys in self._keys_by_token():
            kept = set(Mailbox.objects.filter(pk__in=keys, claim=token).values_list("pk", flat=True))
            claims.renew(Mailbox, token, kept, lease=LEASE)
            for key in set(keys) - kept:
                self._running[key].stop.set()

    def _keys_by_token(self) -> Iterable[tuple[UUID, list[UUID]]]:
        tokens: dict[UUID, list[UUID]] = {}
        for key, poller in self._running.items():
            tokens.setdefault(poller.token, []).append(key)
        return tokens.items()

    def _start(self, key: UUID, token: UUID) -> None:
        stop = Event()
        thread = Thread(target=_live, args=(key, token, stop), name=f"mailbox {key}", daemon=True)
        self._running[key] = _Poller(thread, token, stop)
        thread.start()


def _live(key: UUID, token: UUID, stop: Event) -> None:
    try:
        poll(key, token, stop)
    finally:
        connections.close_all()
