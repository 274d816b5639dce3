"""Failed addresses in a list, each at the start of a line, the reason beside or below it.

So write Exim, Postfix, qmail (QSBMF) and all who took after them, Exchange, Domino, Gmail, Yahoo, OpenSMTPD and many more.
"""

import re
from dataclasses import dataclass, field, replace

from .. import wording
from ..fields import reply_code
from ..found import Found, is_success, report, telling
from ..mail import Mail
from ..notice import ADDRESS, ADDRESSES, origin_of, told
from ..report import Report

_ENTRY = re.compile(
    r"[ \t]{0,20}(?:(?:>>>|->|=>|[*•·+|-]|\d{1,3}[.)])[ \t]{1,4})?[<\"'(\[]{0,2}(?:mailto:|smtp:|rfc822;)?"
    rf"({ADDRESS})(?:<mailto:[^>\n]{{0,300}}>)?[>\"')\]]{{0,2}}"
    r"((?:[ \t]*[:;,.]|[ \t]*\.\.\.|[ \t]*\(|[ \t]+-{1,2}[ \t]|[ \t]*[=|]|[ \t]{2}|\t)[^\n]*|[ \t]+on [A-Z0-9][^\n]*|[ \t]*"
    r"|[ \t]+(?=[^\n]{0,200}(?:fail|could|not|unknown|invalid|error|reject|full|quota|exceed|\b[45]\d\d\b))[^\n]*)$",
    re.IGNORECASE,
)
_NAMED_ENTRY = re.compile(
    r"[ \t]{0,20}(?![^<>\n]{0,80}\b(?:from|to|cc|sender|path|by|at|for|contact|please|mail|message|error)\b)"
    rf"(?:{ADDRESS}|[^\W\d][^<>()\n\d:;@]{{0,60}}) [<(](?:mailto:|smtp:)?({ADDRESS})[>)]([ \t]*(?::[^\n]*)?)$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    rf"[ \t]{{0,20}}<?{ADDRESS}>?(?:[ \t]{{0,5}}[,;][ \t]{{0,5}}<?{ADDRESS}>?){{1,50}}[ \t]{{0,5}}[,;]?$"
)
_AFTER_SENDER = re.compile(
    r"(?:sent|submitted|received|mail|message) by:?[ \t]*$|(?:sender|from)(?: e-?mail)?(?: address| was| is)?:?[ \t]*$",
    re.IGNORECASE,
)
_MTA = re.compile(r"(?:program|mail system) at (?:host )?([\w.-]{1,253}\w)", re.IGNORECASE)


@dataclass
class _Entry:
    address: str
    lines: list[str] = field(default_factory=list)


def read(mail: Mail) -> Report | None:
    entries = _entries(mail.notice.lines)
    foreign = mail.foreign(entry.address for entry in entries)
    kept = [entry for entry in entries if entry.address in foreign]
    named = _MTA.search(mail.notice.text[:2_000])
    return report(mail, "listed", _found(kept, mail.notice.lines), named[1] if named else "")


def _entries(lines: tuple[str, ...]) -> list[_Entry]:
    """Addresses with the lines up to the next blank one; where nothing stands beside an address, with all that follows."""
    entries, reading, blank, before, above = list[_Entry](), False, False, "", ""
    for line in lines:
        match = _NAMED_ENTRY.match(line) or _ENTRY.match(line)
        if match and (_AFTER_SENDER.search(before) or wording.HELPER.search(above)):
            match = None
        before, above = line if line.strip() else before, line
        if match:
            entries += _on_line(line, match)
            reading, blank = True, False
        elif not line.strip():
            blank = blank or not (entries and entries[-1].lines)
            reading = reading and blank
        if not match and reading:
            entries[-1].lines.append(line)
    return entries


def _on_line(line: str, match: re.Match[str]) -> list[_Entry]:
    if _SEVERAL.match(line):
        return [_Entry(address) for address in ADDRESSES.findall(line)]
    beside = match[2].strip(" \t:;,.=|-")
    return [_Entry(match[1], [beside] if beside else [])]


def _found(entries: list[_Entry], lines: tuple[str, ...]) -> list[Found]:
    found, below, everything = list[Found](), "", told(lines)
    for entry in reversed(entries):  # a reason below a list of addresses is that of all of them
        own = told(entry.lines)
        below = below if is_success(own) else telling(own, below, everything)
        found.append(Found(entry.address, own if is_success(own) else below, origin_of(" ".join(entry.lines))))
    if len(found) == 1 and not reply_code(below) and reply_code(everything):
        return [replace(found[0], diagnostic=everything)]  # the answer stands above the list
    return found[::-1]
