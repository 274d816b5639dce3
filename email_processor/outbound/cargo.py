"""The cargo: the contents of the mails that are on the wire, each once, however many recipients it goes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from email_processor.outbound import queue
from email_processor.outbound.envelope import on_the_wire
from email_processor.outbound.queue import Outgoing

MOST = 32 * 1024 * 1024
"""Octets on the wire from which on nothing is loaded: with a mail that crosses it, what a worker carries at most."""


@dataclass(slots=True)
class _Aboard:
    """A message that is on the wire, and to how many recipients."""

    size: int
    recipients: int = 1


class Cargo:
    """What a worker carries. Mails `board` before they go on the wire, and `land` when they come off it."""

    def __init__(self) -> None:
        self._aboard: dict[UUID, _Aboard] = {}
        self._octets = 0
        self._contents: dict[UUID, bytes] = {}

    def fitting(self, mails: Iterable[Outgoing]) -> int:
        """How many of `mails` may board, in their order."""
        octets, count, counted = self._octets, 0, set[UUID]()
        for mail in mails:
            if mail.message_id not in self._aboard and mail.message_id not in counted:
                if octets >= MOST:
                    break
                octets += mail.size
                counted.add(mail.message_id)
            count += 1
        return count

    def board(self, mails: Iterable[Outgoing]) -> None:
        """Count them in."""
        for mail in mails:
            known = self._aboard.get(mail.message_id)
            if known is not None:
                known.recipients += 1
            else:
                self._aboard[mail.message_id] = _Aboard(mail.size)
                self._octets += mail.size

    def land(self, mail: Outgoing) -> None:
        """Count one out. Its content stays until others are loaded: the next recipient may be of the same message."""
        known = self._aboard[mail.message_id]
        known.recipients -= 1
        if not known.recipients:
            del self._aboard[mail.message_id]
            self._octets -= known.size

    def load(self) -> None:
        """Have the contents of all that is aboard, and no others, at hand."""
        self._contents = {key: content for key, content in self._contents.items() if key in self._aboard}
        if missing := self._aboard.keys() - self._contents.keys():
            loaded = queue.load_contents(missing)
            self._contents |= {key: on_the_wire(loaded.pop(key)) for key in list(loaded)}

    def content_of(self, mail: Outgoing) -> bytes | None:
        """As it goes over the wire; None where it is gone."""
        return self._contents.get(mail.message_id)
