"""Mails the world took, one file a recipient, for another process to count."""

import re
from collections.abc import Iterable
from pathlib import Path

from email_processor.simulator.envelope import EnvelopeRecipient, ReceivedMail
from email_processor.simulator.reports import header_lines

_NUMBERED = re.compile(r"(\d+)-.*\.eml\Z")
_NAME_LIMIT = 100


class MailFiles:
    """Writes `<seq>-<rcpt>.eml` into a folder: the envelope as X-Sim- header fields, then the mail.

    `seq` goes on from the highest number found there. A file appears whole or not at all, before the mail's 250.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._last = max(
            (int(match[1]) for path in folder.iterdir() if (match := _NUMBERED.match(path.name))), default=0
        )

    def write(self, mail: ReceivedMail) -> None:
        """Raises OSError if the folder cannot be written."""
        for recipient in mail.recipients:
            self._last += 1
            safe = re.sub(r"[^\w.@+=-]", "_", recipient.address)[:_NAME_LIMIT]
            unfinished = self._folder / f".{self._last:08d}.tmp"
            unfinished.write_bytes(header_lines(_envelope_fields(mail, recipient)) + mail.content)
            unfinished.rename(self._folder / f"{self._last:08d}-{safe}.eml")


def _envelope_fields(mail: ReceivedMail, recipient: EnvelopeRecipient) -> Iterable[tuple[str, str]]:
    yield "X-Sim-Mail-From", f"<{mail.mail_from}>"
    yield "X-Sim-Mail-Parameters", mail.sender.parameters
    yield "X-Sim-Rcpt-To", f"<{recipient.address}>"
    yield "X-Sim-Rcpt-Parameters", recipient.parameters
    yield "X-Sim-Received-At", mail.received_at.isoformat()
