"""Notices in prose: "undeliverable to a@b", "Local mailbox a@b is unavailable", "Recipient: a@b"."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .. import languages, wording
from ..found import Found, is_success, report, telling
from ..mail import Mail
from ..notice import ADDRESSES, is_role, told
from ..report import Report

_BEFORE, _AFTER = 100, 100
_LINES, _CANDIDATES = 200, 100
_SIGNATURE = "\n--\n"  # RFC 3676 4.3, its blank already cut
_ABOUT = re.compile(
    r"deliver|unable|fail|error|unavailable|exceed|full\b|unknown|recipient|address|reject|mailbox|user|quota|invalid"
    r"|no such|not found|account|\b[45]\d\d\b|returned|bounced|reach|problem|impossible|^[ \t]{0,10}to[ \t]?:"
    r"|blocked|" + "|".join(languages.ABOUT),
    re.IGNORECASE | re.MULTILINE,
)
_NOT_ABOUT = re.compile(
    r"contact|question|help|assist|support|message-?id|\bfrom[ \t]?:|\bsender\b|reply-to|references|if you|unsubscribe"
    r"|please (?:send|e?mail|write|call)|forward (?:this|it)|report (?:this|to)|\bcc[ \t]?:"
    r"|\b(?:mail|messages?|sent|accepting) from:? [<\"']?[^\s@]{1,200}@[^\s@]{1,200}$"
    r"|\b(?:new|other|current) (?:e-?mail )?address\b|neue adresse|nouvelle adresse|nueva direcci[óo]n|nuovo indirizzo"
    r"|\bmessage(?: id)?[ \t:=]{1,3}<[^<>\s]{1,300}$",
    re.IGNORECASE,
)


def read(mail: Mail) -> Report | None:
    """Those that the notice speaks of; those that stand only among the quoted fields of the mail where it speaks of none."""
    found = [one for one in _candidates(mail) if one.is_spoken_of]
    return report(mail, "sentence", _told_of([one for one in found if not one.is_quoted] or found, mail))


def read_alone(mail: Mail) -> Report | None:
    """The only one that the notice names, in whatever language it speaks of him."""
    found = list(_candidates(mail))
    return report(mail, "alone", _told_of(found, mail)) if len({one.address.lower() for one in found}) == 1 else None


@dataclass(frozen=True, slots=True)
class _Candidate:
    address: str
    line: str
    is_spoken_of: bool
    is_quoted: bool


def _candidates(mail: Mail) -> Iterator[_Candidate]:
    """Addresses that are not ours and not named for help."""
    text = "\n".join(mail.notice.lines[:_LINES]).partition(_SIGNATURE)[0]
    for match in itertools.islice(ADDRESSES.finditer(text), _CANDIDATES):
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        before = text[start : match.end()]
        above = text[text.rfind("\n", 0, max(0, start - 1)) + 1 : max(0, start - 1)]
        if (
            wording.HELPER.search(above[-200:])
            or _NOT_ABOUT.search(before[-200:])
            or is_role(match[0])
            or match[0].lower() in mail.own_addresses
        ):
            continue
        around = text[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
        line = text[start : end if end >= 0 else len(text)]
        yield _Candidate(match[0], line, bool(_ABOUT.search(around)), bool(wording.QUOTED_FIELD.match(before)))


def _told_of(found: list[_Candidate], mail: Mail) -> Iterator[Found]:
    """With all that is told; each of several with what its own line tells, where that is a reason."""
    everything = told(mail.notice.lines[:_LINES])
    are_several = len({one.line for one in found}) > 1
    for one in found:
        own = one.line if is_success(one.line) else telling(told([one.line]), everything)
        yield Found(one.address, own if are_several else everything)
