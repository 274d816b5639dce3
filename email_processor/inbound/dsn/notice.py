"""What free-text reports have in common: a notice for people, then the mail it returns; addresses, and words about each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import limits, mime, wording
from .report import Action, Fields

_OUTSIDE = "、。，；：（）＜＞「」『』【】《》“”‘’"
_DOT_ATOM = rf"[^\s<>\"'(),;:@\[\]{{}}|=*!?&/\\.{_OUTSIDE}]{{1,80}}"
# Atomic: an address followed by something unexpected must not shrink to a shorter one.
# An apostrophe may stand within a name, not before it.
_NAME = rf"[^\s<>\"'(),;:@\[\]{{}}|*{_OUTSIDE}]"
ADDRESS = (
    rf"(?>(?:\"[^\"\n]{{1,64}}\"|{_NAME}{{1,200}}+(?=['@])(?:(?<=\w)'(?=\w){_NAME}{{1,64}})?)"
    rf"@(?:{_DOT_ATOM}(?:\.{_DOT_ATOM}){{0,20}}|\[[\da-fA-F.:]{{3,60}}\]))"
)
ADDRESSES = re.compile(ADDRESS)
_ORIGIN = re.compile(
    rf"\((?:expanded|ultimately generated|generated|forwarded|originally) from:?\s{{1,20}}<?({ADDRESS})>?\)",
    re.IGNORECASE,
)
_REPLY_LINE = re.compile(r"(?<![\w.@:/-])[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}\b|[^\d\s])")
_WORD = re.compile(r"[^\W\d_]{3}")
_ROLES = frozenset(
    {"postmaster", "mailer-daemon", "abuse", "support", "helpdesk", "info", "noreply", "no-reply", "hostmaster"}
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The text of a free-text report: `lines` for people, `returned` the headers of the mail below them."""

    lines: tuple[str, ...]
    returned: Fields

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def prose(self) -> str:
        """All that it says, on one line."""
        return told(self.lines)

    def about(self, address: str) -> str:
        """What stands from a mention of the address to the end of that paragraph; all, if it is not mentioned.

        Of the first mention with a server's answer beside it, else of the first.
        """
        mentions = list(self._mentions(address)) if address else []
        return next((one for one in mentions if _REPLY_LINE.match(one)), mentions[0] if mentions else self.prose)

    def _mentions(self, address: str) -> Iterator[str]:
        for paragraph in self.text.split("\n\n"):
            start = paragraph.lower().find(address.lower())
            if start >= 0:
                yield told(paragraph[start:].split("\n"))


def split_notice(text: str) -> Notice:
    """The text cut where the returned mail begins, whose headers are read too."""
    lines, below = _cut(text)
    first = wording.RETURNED_FIELD.search(below)
    head = below[first.start() :].partition("\n\n")[0] if first else ""
    returned = tuple(mime.unfold(head, limits.HEADERS))
    return Notice(tuple(line.rstrip()[: limits.LINE_CHARACTERS] for line in lines.split("\n")[:1_000]), returned)


def _cut(text: str) -> tuple[str, str]:
    """At the words that announce the returned mail; or at fields of a mail, where somebody was named above them."""
    announced = wording.RETURNED_MAIL.search(text)
    end = announced.start() if announced else len(text)
    fields = wording.RETURNED_FIELDS.search(text, 0, end)
    if fields and any(ADDRESSES.search(line) for line in _unquoted(text[: fields.start()])):
        end = fields.start()
    return text[:end], text[end:]


def _unquoted(text: str) -> Iterable[str]:
    return (line for line in text.split("\n") if not wording.QUOTED_FIELD.match(line))


def implied_action(said: str) -> Action:
    """What a subject and a notice say: a failure, unless they clearly say otherwise."""
    if wording.WARNING.search(said) and not wording.GIVEN_UP.search(said):
        return Action.DELAYED
    return Action.DELIVERED if wording.SUCCESS.search(said) and not wording.NEGATION.search(said) else Action.FAILED


def is_role(address: str) -> bool:
    """Addresses that notices name for help, and that are hardly ever meant as failed recipients."""
    return address.partition("@")[0].lower() in _ROLES


def origin_of(text: str) -> str:
    """The address that a recipient was expanded or forwarded from, "" if none is told."""
    match = _ORIGIN.search(text)
    return match[1] if match else ""


def told(lines: Iterable[str]) -> str:
    """Words about a recipient on one line: from the first answer of a server to the end of its paragraph, else all.

    Without the fields of the mail that the notice is about: its subject is no reason.
    """
    paragraphs = re.split(r"\n\s*\n", "\n".join(line.strip() for line in lines if not _says_nothing(line)))
    answers = [paragraph[answer.start() :] for paragraph in paragraphs if (answer := _REPLY_LINE.search(paragraph))]
    spoken = next((answer for answer in answers if _WORD.search(answer)), answers[0] if answers else "")
    return _one_line(spoken or " ".join(paragraphs))


def _says_nothing(line: str) -> bool:
    ruled = bool(line.strip()) and not any(map(str.isalnum, line))
    return ruled or bool(wording.QUOTED_FIELD.match(line) and not _REPLY_LINE.search(line))


def _one_line(text: str) -> str:
    return " ".join(text.split())[: limits.LINE_CHARACTERS]
