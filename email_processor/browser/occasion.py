"""What an application is answering: the mail, the launch or the receipt of one Turn, and what follows from it for its mails."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from email_processor.models import Message, Session, Turn

INHERITED = ("notify", "ret", "priority", "connection", "sandbox", "tag", "metadata", "ucid")
"""What a launchEmail caller said about the mails of the session, where an action says nothing else."""


@dataclass(frozen=True)
class Occasion:
    """One Turn, as the actions it is answered with see it."""

    session: Session
    turn: Turn

    @cached_property
    def launch(self) -> dict[str, Any]:
        """The launch that began the session; {} where an arriving mail or a receipt did."""
        first = self.turn if self.turn.number == 1 else self.session.turns.get(number=1)
        launch: dict[str, Any] = first.event.get("launch", {})
        return launch

    @property
    def mail(self) -> dict[str, Any]:
        """What can be replied to: an arriving mail, or the launch that describes one; {} for a receipt."""
        if "receipt" in self.turn.event:
            return {}
        mail: dict[str, Any] = self.turn.event.get("message") or self.turn.event.get("launch", {})
        return mail

    @property
    def is_automatic(self) -> bool:
        """A machine wrote the mail: nobody is to be answered (RFC 3834 2)."""
        return bool(self.mail.get("automatic"))

    @property
    def inherited(self) -> dict[str, Any]:
        return {name: self.launch[name] for name in INHERITED if self.launch.get(name)}

    @property
    def own_address(self) -> str:
        """From whom a mail goes out that names no sender: the address written to, or the sender of the mail reported on."""
        if "receipt" in self.turn.event:
            sent = Message.objects.filter(pk=self.turn.event["message"]["id"])
            return sent.values_list("from_header", flat=True).first() or ""
        if self.mail.get("rcpt_to"):
            return str(self.mail["rcpt_to"])
        return str(next(iter(self.mail.get("to", [])), ""))
