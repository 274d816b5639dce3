"""The list syntaxes of contract.md 2: `a@x, "B, c" <b@y>` and `name=value;name=value`.

SOAP callers write whole lists this way; REST callers write a single mailbox with its display name this way.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app_interface.problems import invalid


class Part(Enum):
    """What a mailbox list is made of (RFC 5322 3.2 and 3.4)."""

    TEXT = "text"
    QUOTED = "quoted"
    COMMENT = "comment"
    ANGLE = "angle"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class Piece:
    """One part, raw as written, with its delimiters."""

    part: Part
    raw: str

    @property
    def content(self) -> str:
        """Between the delimiters, with backslashes resolved."""
        return _ESCAPED.sub(r"\1", self.raw[1:-1])


_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ANGLE = re.compile(r'<(?:[^<>"\\]|"(?:[^"\\]|\\.)*")*>', re.DOTALL)
_TEXT = re.compile(r'[^",()<>]+')
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ITEM = re.compile(r"(?:[^;\\]|\\[;\\])*")

LONGEST = 1_000_000
"""Characters of a list: more than a thousand mailboxes or a hundred headers ever take."""


def pieces(text: str, field: str) -> Iterator[Piece]:
    """Take `text` apart. Raises invalid_request about `field` where a quote, comment or angle bracket is not closed."""
    at = 0
    while at < len(text):
        piece = _piece(text, at, field)
        yield piece
        at += len(piece.raw)


def mailbox_list(text: str, field: str = "to") -> list[str]:
    """The mailboxes of a comma list, each as it was written. Commas in quotes, comments and brackets do not separate.

    Raises invalid_request about `field`: unclosed quotes, empty elements, too long. An empty text is an empty list.
    """
    _require_short(text, field)
    if not text.strip():
        return []
    found: list[list[str]] = [[]]
    for piece in pieces(text, field):
        if piece.part is Part.COMMA:
            found.append([])
        else:
            found[-1].append(piece.raw)
    mailboxes = ["".join(parts).strip() for parts in found]
    if not all(mailboxes):
        raise invalid("An element of the list is empty.", field)
    return mailboxes


def separated(text: str, field: str) -> list[str]:
    """What stands between the commas of `text`, none of them special. Raises invalid_request about `field`: too long."""
    _require_short(text, field)
    return text.split(",")


def name_value_list(text: str, field: str = "headers") -> list[tuple[str, str]]:
    r"""The pairs of `name=value;name=value`, in order. `\;` is a semicolon and `\\` a backslash inside a value.

    White space around names is dropped, values are kept as they are. Raises invalid_request about `field`: no `=`, no name,
    another escape, too long. A semicolon at the very end is allowed. An empty text is an empty list.
    """
    _require_short(text, field)
    return [_pair(item, field) for item in _items(text, field) if item.strip()]


def email_parameters(text: str, field: str = "emailParameters") -> dict[str, Any]:
    """The `name=value;…` form of emailParameters as the REST fields of the same names.

    `metadata.NAME` is gathered in an object, a repeated `tag` in a list, `sandbox` becomes a boolean. Raises invalid_request
    about `field` where any other name comes twice.
    """
    parameters: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    tags: list[str] = []
    for name, value in name_value_list(text, field):
        if name == "tag":
            tags.append(value)
        elif name.startswith("metadata."):
            _put(metadata, name.removeprefix("metadata."), value, field)
        else:
            _put(parameters, name, _booleans(name, value), field)
    gathered: dict[str, Any] = {"tag": tags, "metadata": metadata}
    return parameters | {name: value for name, value in gathered.items() if value}


def unique_pairs(text: str, field: str) -> dict[str, str]:
    """A `name=value;…` list whose names come once each, as a mapping. Raises invalid_request about `field`."""
    pairs: dict[str, str] = {}
    for name, value in name_value_list(text, field):
        _put(pairs, name, value, field)
    return pairs


def _piece(text: str, at: int, field: str) -> Piece:
    match text[at]:
        case '"':
            return Piece(Part.QUOTED, _closed(_QUOTED, text, at, field, "quotation mark"))
        case "<":
            return Piece(Part.ANGLE, _closed(_ANGLE, text, at, field, "angle bracket"))
        case "(":
            return Piece(Part.COMMENT, _comment(text, at, field))
        case ",":
            return Piece(Part.COMMA, ",")
        case ")" | ">":
            raise invalid(f"A {text[at]!r} at position {at} closes nothing.", field)
    match_ = _TEXT.match(text, at)
    assert match_ is not None
    return Piece(Part.TEXT, match_.group())


def _closed(pattern: re.Pattern[str], text: str, at: int, field: str, what: str) -> str:
    match = pattern.match(text, at)
    if match is None:
        raise invalid(f"The {what} at position {at} is not closed.", field)
    return match.group()


def _comment(text: str, at: int, field: str) -> str:
    """The comment that begins `at`; comments nest (RFC 5322 3.2.2)."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(mark.group(), 0)
        if depth == 0:
            return text[at : mark.end()]
    raise invalid(f"The comment at position {at} is not closed.", field)


def _items(text: str, field: str) -> Iterator[str]:
    at = 0
    while at <= len(text):
        match = _ITEM.match(text, at)
        assert match is not None
        at = match.end()
        if text[at : at + 1] == "\\":
            raise invalid(r"A backslash stands only before a semicolon or a backslash: \; or \\", field)
        yield _ESCAPED.sub(r"\1", match.group())
        at += 1


def _require_short(text: str, field: str) -> None:
    if len(text) > LONGEST:
        raise invalid(f"This list has more than {LONGEST:,} characters.", field)


def _pair(item: str, field: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals or not name.strip():
        raise invalid(f"{item.strip()[:100]!r} is not of the form name=value.", field)
    return name.strip(), value


def _put(mapping: dict[str, Any], name: str, value: Any, field: str) -> None:
    if name in mapping:
        raise invalid(f"{name[:100]!r} is given twice.", field)
    mapping[name] = value


_BOOLEANS: Mapping[str, Mapping[str, bool]] = {"sandbox": {"true": True, "false": False}}


def _booleans(name: str, value: str) -> Any:
    return _BOOLEANS.get(name, {}).get(value, value)
