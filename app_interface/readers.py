"""Strict readers of parameter values: each checks the type, returns the parsed value, and knows its JSON Schema.

`read(value, field)` raises invalid_request about `field`. The schema describes exactly what `read` takes, as far as JSON
Schema can say it; the OpenAPI description is made of these, so that parameters are defined once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from django.utils import timezone

from app_interface import addresses
from app_interface.lists import mailbox_list
from app_interface.problems import invalid
from email_processor.outbound.submission import Mailbox

T = TypeVar("T")
FARTHEST = timedelta(days=3653)
"""No time may lie farther ahead: ten years."""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_CONDITIONS = ("SUCCESS", "FAILURE", "DELAY")


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """How one kind of value is read, and what it looks like from outside."""

    read: Callable[[Any, str], T]
    schema: Mapping[str, Any]


def line(maximum: int, *, minimum: int = 0) -> Reader[str]:
    """One line of text without control characters, of so many characters."""

    def read(value: Any, field: str) -> str:
        text = _string(value, field)
        if not minimum <= len(text) <= maximum:
            raise invalid(f"Expected {minimum} to {maximum} characters.", field)
        if addresses.CONTROLS.search(text):
            raise invalid("Expected one line without control characters.", field)
        return text

    return Reader(
        read, {"type": "string", "minLength": minimum, "maxLength": maximum, "pattern": f"^[^{addresses.CONTROL}]*$"}
    )


def text(maximum: int) -> Reader[str]:
    """Text of at most so many characters, line breaks and all."""

    def read(value: Any, field: str) -> str:
        found = _string(value, field)
        if len(found) > maximum:
            raise invalid(f"Expected at most {maximum} characters.", field)
        return found

    return Reader(read, {**TEXT.schema, "maxLength": maximum})


def matching(pattern: str, expected: str, *, maximum: int) -> Reader[str]:
    """Text that wholly matches `pattern`; `expected` says in words what that is."""
    compiled = re.compile(pattern)

    def read(value: Any, field: str) -> str:
        text = _string(value, field)
        if len(text) > maximum or not compiled.fullmatch(text):
            raise invalid(f"Expected {expected}.", field)
        return text

    return Reader(read, {"type": "string", "pattern": f"^{pattern}$", "maxLength": maximum})


def choice(options: Mapping[str, T]) -> Reader[T]:
    """One of a few words."""

    def read(value: Any, field: str) -> T:
        if not isinstance(value, str) or value not in options:
            raise invalid(f"Expected one of {', '.join(options)}.", field)
        return options[value]

    return Reader(read, {"type": "string", "enum": list(options)})


def whole_number(low: int, high: int) -> Reader[int]:
    """A whole number within [low, high]."""

    def read(value: Any, field: str) -> int:
        number = integer_of(value)
        if number is None or not low <= number <= high:
            raise invalid(f"Expected a whole number from {low} to {high}.", field)
        return number

    return Reader(read, {"type": "integer", "minimum": low, "maximum": high})


def any_object() -> Reader[dict[str, Any]]:
    """A JSON object of whatever values."""
    return Reader(mapping_of, {"type": "object", "additionalProperties": True})


def text_object(name_pattern: str, value_reader: Reader[str], *, entries: int) -> Reader[dict[str, str]]:
    """A JSON object of at most `entries` texts, with names that match `name_pattern`."""
    name = re.compile(name_pattern)

    def read(value: Any, field: str) -> dict[str, str]:
        pairs = mapping_of(value, field)
        if len(pairs) > entries:
            raise invalid(f"Expected at most {entries} entries.", field)
        for key in pairs:
            if not name.fullmatch(key):
                raise invalid(f"{key[:100]!r} is not a usable name.", field)
        return {key: value_reader.read(text, f"{field}.{key}") for key, text in pairs.items()}

    names = {"pattern": f"^{name_pattern}$"}
    return Reader(
        read,
        {
            "type": "object",
            "maxProperties": entries,
            "propertyNames": names,
            "additionalProperties": dict(value_reader.schema),
        },
    )


def list_of(item: Reader[T], *, minimum: int = 0, maximum: int | None = None) -> Reader[list[T]]:
    """A JSON list. That it has `minimum` elements is for who reads on to check: what is missing has codes of its own."""

    def read(value: Any, field: str) -> list[T]:
        if not isinstance(value, list):
            raise invalid("Expected a list.", field)
        if maximum is not None and len(value) > maximum:
            raise invalid(f"Expected at most {maximum} elements.", field)
        return [item.read(element, f"{field}[{index}]") for index, element in enumerate(value)]

    bounds = {"minItems": minimum or None, "maxItems": maximum}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return Reader(read, {"type": "array", "items": dict(item.schema), **given})


def one_or_list(item: Reader[T], *, minimum: int = 0, maximum: int) -> Reader[list[T]]:
    """A JSON list, or its only element bare."""
    several = list_of(item, minimum=minimum, maximum=maximum)

    def read(value: Any, field: str) -> list[T]:
        return several.read(value, field) if isinstance(value, list) else [item.read(value, field)]

    return Reader(read, {"oneOf": [dict(item.schema), dict(several.schema)]})


def integer_of(value: Any) -> int | None:
    """`value`, if it is a whole number; JSON Schema takes 7.0 for one too (draft 2020-12, core 4.2.3 and 6.1)."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _string(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise invalid("Expected a string.", field)
    return value


def mapping_of(value: Any, field: str) -> dict[str, Any]:
    """`value`, if it is a JSON object. Raises invalid_request."""
    if not isinstance(value, dict):
        raise invalid("Expected an object.", field)
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise invalid("Expected true or false.", field)
    return value


def _any_moment(value: Any, field: str) -> datetime:
    text = _string(value, field)
    try:
        if not _RFC3339.fullmatch(text):
            raise ValueError("not the form of RFC 3339")
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid("Expected a time with its zone (RFC 3339), like 2031-01-31T08:00:00+01:00.", field) from error


def _moment(value: Any, field: str) -> datetime:
    moment = _any_moment(value, field)
    if moment > timezone.now() + FARTHEST:
        raise invalid("The time lies more than ten years ahead.", field)
    return moment


def _mailbox(value: Any, field: str) -> Mailbox:
    return addresses.mailbox(_string(value, field), field)


def _address(value: Any, field: str) -> str:
    return addresses.address(_string(value, field), field)


def _mailboxes(value: Any, field: str) -> list[Mailbox]:
    written = mailbox_list(value, field) if isinstance(value, str) else value
    return list_of(MAILBOX, maximum=20).read(written, field)


def _notify(value: Any, field: str) -> str:
    """The value of NOTIFY (RFC 3461 4.1), its conditions in their usual order."""
    words = value.split(",") if isinstance(value, str) else value
    asked = {word.strip().upper() for word in list_of(line(20), maximum=3).read(words, field)}
    if asked == {"NEVER"}:
        return "NEVER"
    if not asked or not asked <= set(_CONDITIONS):
        raise invalid("Expected SUCCESS, FAILURE and DELAY in any mix, or NEVER alone.", field)
    return ",".join(condition for condition in _CONDITIONS if condition in asked)


def _https_url(value: Any, field: str) -> str:
    return _url(value, field, ("https",))


def _web_url(value: Any, field: str) -> str:
    return _url(value, field, ("http", "https"))


def _url(value: Any, field: str, schemes: tuple[str, ...]) -> str:
    text = _string(value, field)
    expected = f"Expected an absolute URL ({', '.join(schemes)}) of at most 2000 ASCII characters."
    if len(text) > 2000 or not re.fullmatch(r"[!-~]+", text) or re.search(r'[<>"\\]', text):
        raise invalid(expected, field)
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise invalid(expected, field)
    return text


_C = addresses.CONTROL
_ADDRESS_SCHEMA = {"type": "string", "format": "idn-email", "maxLength": 320}
_MAILBOX_SCHEMA = {
    "type": "string",
    # An address alone, with a display name before it, or with one in a comment behind it.
    "anyOf": [
        _ADDRESS_SCHEMA,
        {
            "type": "string",
            "pattern": rf"^[^{_C}]*<[^<>@ {_C}]+@[^<>@ {_C}]+> *$|^[^@ {_C}]+@[^@ {_C}]+ *\([^{_C}]*\) *$",
        },
    ],
    "examples": ["jo@example.com", '"Doe, Jo" <jo@example.com>'],
}
TEXT: Reader[str] = Reader(_string, {"type": "string", "pattern": "^[^\\u0000]*$"})
FLAG: Reader[bool] = Reader(_flag, {"type": "boolean"})
MOMENT: Reader[datetime] = Reader(_moment, {"type": "string", "format": "date-time"})
ANY_MOMENT: Reader[datetime] = Reader(_any_moment, MOMENT.schema)
"""Also one that lies farther ahead than anything can be planned: to look for what happened until then does no harm."""
MAILBOX: Reader[Mailbox] = Reader(_mailbox, _MAILBOX_SCHEMA)
ADDRESS: Reader[str] = Reader(_address, {**_ADDRESS_SCHEMA, "examples": ["jo@example.com"]})
MAILBOXES: Reader[list[Mailbox]] = Reader(
    _mailboxes,
    {"oneOf": [{"type": "array", "items": _MAILBOX_SCHEMA, "maxItems": 20}, _MAILBOX_SCHEMA]},
)
NOTIFY: Reader[str] = Reader(
    _notify,
    {
        "oneOf": [
            {
                "type": "array",
                "items": {"type": "string", "enum": [*_CONDITIONS, "NEVER"]},
                "minItems": 1,
                "maxItems": 3,
            },
            {"type": "string", "pattern": "^(NEVER|(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY)){0,2})$"},
        ]
    },
)
_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_HOST = r"([A-Za-z0-9_.~-]+|\[[0-9A-Fa-f:.]+\])"
_AFTER_SCHEME = rf"://([A-Za-z0-9_.~%:-]+@)?{_HOST}(:({_PORT}))?([/?#][!#-;=?-\[\]-~]*)?$"
HTTPS_URL: Reader[str] = Reader(_https_url, {"type": "string", "maxLength": 2000, "pattern": f"^https{_AFTER_SCHEME}"})
WEB_URL: Reader[str] = Reader(_web_url, {"type": "string", "maxLength": 2000, "pattern": f"^https?{_AFTER_SCHEME}"})
