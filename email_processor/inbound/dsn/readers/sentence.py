"""Notices in prose: "undeliverable to a@b", "Local mailbox a@b is unavailable", "Recipient: a@b"."""

import itertools
import re
from collections.abc import Iterator

from .. import languages, wording
from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESSES, is_role, told
from ..report import Report

_BEFORE, _AFTER = 100, 100
_LINES, _CANDIDATES = 200, 100
_ABOUT = re.compile(
    r"deliver|unable|fail|error|unavailable|exceed|full\b|unknown|recipient|address|reject|mailbox|user|quota|invalid"
    r"|no such|not found|account|\b[45]\d\d\b|returned|bounced|reach|problem|impossible|^[ \t]{0,10}to[ \t]?:"
    r"|blocked|" + "|".join(languages.ABOUT),
    re.IGNORECASE | re.MULTILINE,
)
_NOT_ABOUT = re.compile(
    r"contact|question|help|assist|support|message-?id|\bfrom[ \t]?:|\bsender\b|reply-to|references|if you|unsubscribe"
    r"|please (?:send|e?mail|write|call)|forward (?:this|it)|report (?:this|to)|\bcc[ \t]?:",
    re.IGNORECASE,
)


def read(mail: Mail) -> Report | None:
    """Those that the notice speaks of; those that stand only among the quoted fields of the mail where it speaks of none."""
    found = [one for one in _candidates(mail.notice.lines) if one[1].address.lower() not in mail.own_addresses]
    spoken = [one for is_quoted, one in found if not is_quoted]
    return report(mail, "sentence", spoken or [one for _, one in found])


def _candidates(lines: tuple[str, ...]) -> Iterator[tuple[bool, Found]]:
    """Whether a quoted field holds it, and an address."""
    text = "\n".join(lines[:_LINES])
    diagnostic = told(lines[:_LINES])
    for match in itertools.islice(ADDRESSES.finditer(text), _CANDIDATES):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.end()]
        around = text[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
        if _ABOUT.search(around) and not _NOT_ABOUT.search(line[-200:]) and not is_role(match[0]):
            yield bool(wording.QUOTED_FIELD.match(line)), Found(match[0], diagnostic)
