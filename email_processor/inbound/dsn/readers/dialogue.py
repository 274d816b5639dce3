"""Notices that show the SMTP dialogue and no list: "RCPT TO:<a@b>", or Sendmail's "550 <a@b>... User unknown"."""

import itertools
import re
from collections.abc import Iterator

from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESS, told
from ..report import Report

_RCPT = re.compile(rf"\bRCPT TO:[ \t]{{0,5}}<?({ADDRESS})>?", re.IGNORECASE)
_ANSWER = re.compile(
    rf"^[ \t<]{{0,10}}[45]\d\d[ -](?:[45]\.\d{{1,3}}\.\d{{1,3}} )?<?({ADDRESS})>?(?:\.\.\.|:|,)", re.IGNORECASE
)
_LATER_LINES = 40


def read(mail: Mail) -> Report | None:
    found = list(_found(mail.notice.lines))
    foreign = mail.foreign(one.address for one in found)
    return report(mail, "dialogue", (one for one in found if one.address in foreign))


def _found(lines: tuple[str, ...]) -> Iterator[Found]:
    for number, line in enumerate(lines):
        if match := _ANSWER.match(line):
            yield Found(match[1], told([line]))
        elif match := _RCPT.search(line):
            later = itertools.takewhile(lambda one: not _RCPT.search(one), lines[number + 1 : number + _LATER_LINES])
            yield Found(match[1], told([line[match.end() :], *later]))
