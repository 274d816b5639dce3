"""The cargo: the contents of the mails that are on the wire, each once, however many recipients it goes to."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from email_processor.outbound import queue
from email_processor.outbound.envelope import on_the_wire
from email_processor.outbound.queue import Outgoing

MOST = 32 * 1024 * 1024
"""Octets on the wire from which on nothing is loaded: with a mail that crosses it, what a worker carries at most."""


class Cargo:
    """What a worker carries. Mails `board` before they go on the wire, and `land` when they come off it."""

    def __init__(self) -> None:
        self._mails: Counter[UUID] = Counter()
        self._sizes: dict[UUID, int] = {}
        self._octets = 0
        self._contents: dict[UUID, bytes] = {}

    def fitting(self, mails: Iterable[Outgoing]) -> int:
        """How many of `mails` may board, in their order."""
        octets, count, counted = self._octets, 0, set[UUID]()
        for mail in mails:
            if mail.message_id not in self._sizes and mail.message_id not in counted:
                if octets >= MOST:
                    break
                octets += mail.size
                counted.add(mail.message_id)
            count += 1
        return count

    def board(self, mails: Iterable[Outgoing]) -> None:
        """Count them in."""
        for mail in mails:
            self._mails[mail.message_id] += 1
            if mail.message_id not in self._sizes:
                self._sizes[mail.message_id] = mail.size
                self._octets += mail.size

    def land(self, mail: Outgoing) -> None:
        """Count one out. Its content stays until others are loaded: the next recipient may be of the same message."""
        self._mails[mail.message_id] -= 1
        if not self._mails[mail.message_id]:
            del self._mails[mail.message_id]
            self._octets -= self._sizes.pop(mail.message_id)

    def load(self) -> None:
        """Have the contents of all that is aboard, and no others, at hand."""
        self._contents = {key: content for key, content in self._contents.items() if key in self._sizes}
        if missing := self._sizes.keys() - self._contents.keys():
            loaded = queue.load_contents(missing)
            self._contents |= {key: on_the_wire(loaded.pop(key)) for key in list(loaded)}

    def content_of(self, mail: Outgoing) -> bytes | None:
        """As it goes over the wire; None where it is gone."""
        return self._contents.get(mail.message_id)
