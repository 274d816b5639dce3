"""Refusals by the recipient's own rules, told as a read report: Sieve's reject (RFC 5429 2.1.2), Dovecot's full mailbox."""

import re

from ..disposition import read_disposition
from ..found import Found, report
from ..mail import Mail
from ..notice import told
from ..report import Report

_REFUSED = re.compile(r"(?:automatically|was|been) (?:rejected|refused)|could not be delivered", re.IGNORECASE)


def read(mail: Mail) -> Report | None:
    """A message that a machine deleted and says it refused: nobody will read it, so it failed."""
    said = read_disposition(mail)
    if said is None or not said.automatic or said.disposition != "deleted" or not _REFUSED.search(mail.text[:1_000]):
        return None
    address = said.final_recipient or said.original_recipient
    diagnostic = told(mail.text[:4_000].partition("rejected:")[2].split("\n")) or told(mail.notice.lines)
    return report(mail, "refused", [Found(address, diagnostic, said.original_recipient)] if address else [])
