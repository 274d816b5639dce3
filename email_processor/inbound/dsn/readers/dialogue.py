"""Notices that show the SMTP dialogue and no list: "RCPT TO:<a@b>", or Sendmail's "550 <a@b>... User unknown"."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

from ..found import Found, report
from ..mail import Mail
from ..notice import ADDRESS, told
from ..report import Report

_RCPT = re.compile(rf"\bRCPT TO:[ \t]{{0,5}}<?({ADDRESS})>?", re.IGNORECASE)
_ANSWER = re.compile(
    rf"^[ \t<]{{0,10}}[45]\d\d[ -](?:[45]\.\d{{1,3}}\.\d{{1,3}} )?<?({ADDRESS})>?(?:\.\.\.|:|,)", re.IGNORECASE
)
_ACCEPTED = re.compile(r"(?:[^<\n]{0,60}<{1,3}-{0,2})?[ \t]{0,10}2\d\d[ -]")
_LATER_LINES = 40


def read(mail: Mail) -> Report | None:
    found = list(_found(mail.notice.lines))
    foreign = mail.foreign(one.address for one in found)
    return report(mail, "dialogue", (one for one in found if one.address in foreign))


def _found(lines: tuple[str, ...]) -> list[Found]:
    """Those refused; where each was accepted, the mail was refused to them all."""
    told_of = list(_told_of(lines))
    refused = [found for found, accepted in told_of if not accepted]
    if refused or not told_of:
        return refused
    everything = told(lines)
    return [replace(found, diagnostic=everything) for found, _ in told_of]


def _told_of(lines: tuple[str, ...]) -> Iterator[tuple[Found, bool]]:
    """Each with whether the answer to it was a 2yz."""
    for number, line in enumerate(lines):
        if match := _ANSWER.match(line):
            yield Found(match[1], told([line])), False
        elif match := _RCPT.search(line):
            below = lines[number + 1 : number + _LATER_LINES]
            later = list(itertools.takewhile(lambda one: not _RCPT.search(one), below))
            yield Found(match[1], told([line[match.end() :], *later])), bool(later and _ACCEPTED.match(later[0]))
