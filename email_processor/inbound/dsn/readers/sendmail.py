"""Sendmail's sections: "The following addresses had ...", where an address may be a program and its origin the recipient."""

import re
from collections.abc import Iterator

from ..found import Found, report, telling
from ..mail import Mail
from ..notice import ADDRESSES, origin_of, told
from ..report import Report

_SECTION = re.compile(
    r"[ \t]{0,10}-{3,10} The following addresses? (?:had|has|have) [^\n-]{1,80}-{3,10}", re.IGNORECASE
)
_RULE = re.compile(r"[ \t]{0,10}-{3,10} ")
_DETAIL = re.compile(r"[ \t]{2,20}\(")


def read(mail: Mail) -> Report | None:
    return report(mail, "sendmail", _found(mail.notice.lines))


def _found(lines: tuple[str, ...]) -> Iterator[Found]:
    transcript = told(lines)
    for block in _blocks(lines):
        origin = origin_of(" ".join(block[1:]))
        addresses = ADDRESSES.findall(block[0])
        said = told(line.strip(" \t()").removeprefix("reason:").strip() for line in block[1:] if "reason:" in line)
        if said.isdigit():  # a program's exit status: the transcript tells more
            said = f"{said} {transcript}"
        beside = ADDRESSES.sub("", block[0]).strip(" <>()")
        if addresses or origin:
            yield Found(addresses[0] if addresses else origin, telling(said, told([beside]), transcript), origin)


def _blocks(lines: tuple[str, ...]) -> list[list[str]]:
    """Each address' line with the bracketed lines below it."""
    blocks, inside = list[list[str]](), False
    for line in lines:
        if _RULE.match(line):
            inside = bool(_SECTION.match(line))
        elif inside and line.strip():
            if blocks and _DETAIL.match(line):
                blocks[-1].append(line)
            else:
                blocks.append([line])
    return blocks
