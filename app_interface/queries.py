"""What callers may ask of lists: one table of parameters each, read from the query string as strictly as bodies are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app_interface import readers
from app_interface.parameters import Parameter
from app_interface.problems import invalid
from app_interface.readers import Reader
from app_interface.requests import read_values
from email_processor.models import State
from notifications.models import NotificationState
from notifications.reading import START, Position

USUAL, MOST = 50, 200
LONGEST_WAIT = 20


def number(low: int, high: int, default: int) -> Reader[int]:
    """A whole number in a query string."""
    exact = readers.whole_number(low, high)

    def read(value: Any, field: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise invalid(f"Expected a whole number from {low} to {high}.", field)
        return exact.read(int(value), field)

    return Reader(read, {**exact.schema, "default": default})


def _cursor(value: Any, field: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise invalid("This is no cursor of ours: give what `next` said.", field) from error


def _position(value: Any, field: str) -> Position:
    if not value:
        return START
    number, _, id = value.partition("-")
    if not re.fullmatch("[0-9]{1,18}", number):
        raise invalid("This is no cursor of ours: give what `next` said.", field)
    return Position(int(number), _cursor(id, field))


def cursor_of(position: Position) -> str:
    """A position in the events as callers are handed it."""
    return "" if position == START else f"{position.written_in}-{position.id.hex}"


def _words(values: Any) -> Reader[str]:
    return readers.choice({str(value): str(value) for value in values})


_CURSOR = Reader(_cursor, {"type": "string", "format": "uuid"})
_POSITION = Reader(_position, {"type": "string", "pattern": "^([0-9]{1,18}-[0-9a-f]{32})?$"})
_APPLICATION = Parameter(
    "application", readers.line(200, minimum=1), "Of this application only: its name, or zone:name."
)
_SINCE = Parameter("since", readers.ANY_MOMENT, "Not older than that (RFC 3339).")
_UNTIL = Parameter("until", readers.ANY_MOMENT, "Older than that (RFC 3339).")
_TYPE = Parameter(
    "type", readers.matching(r"[a-z_.]{1,40}", "a type like email.sent", maximum=40), "Of this type only."
)
_LIMIT = Parameter("limit", number(1, MOST, USUAL), "How many at most.")
_ADDRESS = Parameter("recipient", readers.ADDRESS, "To this address only.")
_PAGE = (_SINCE, Parameter("cursor", _CURSOR, "Go on where the page before ended: its `next`."), _LIMIT)

EMAILS = (
    _APPLICATION,
    _ADDRESS,
    Parameter("state", _words(State.values), "In this state only."),
    Parameter("ucid", readers.line(200, minimum=1), "With this ucid only."),
    *_PAGE,
)
RECEIPTS = (_APPLICATION, _ADDRESS, *_PAGE)
TRAFFIC = (_APPLICATION, _SINCE, _UNTIL, _LIMIT)
NOTIFICATIONS = (
    _APPLICATION,
    Parameter("state", _words(NotificationState.values), "In this state only."),
    _TYPE,
    *_PAGE,
)
REPLAY = (replace(_SINCE, required=True), _UNTIL, _APPLICATION, _TYPE)
EVENTS = (
    _APPLICATION,
    _TYPE,
    Parameter("after", _POSITION, "Go on behind this: `next` of the answer before."),
    _LIMIT,
    Parameter("wait", number(0, LONGEST_WAIT, 0), "Seconds to wait where there is nothing yet (long poll)."),
)
SUPPRESSIONS = (_APPLICATION, replace(_ADDRESS, name="address", help="This address only."), *_PAGE[1:])
SUPPRESS = (
    Parameter("address", readers.ADDRESS, "Who gets no mail any more.", required=True),
    replace(_APPLICATION, help="From this application; left out, from no application of the zone."),
    Parameter("reason", readers.line(300), "Why, in words."),
    Parameter("expiresAt", readers.MOMENT, "Until then; left out, for good."),
)
ENVELOPE = (
    Parameter("mailFrom", readers.line(320), "The sender in the envelope; left out, the null sender."),
    Parameter("rcptTo", readers.ADDRESS, "The platform's own address that it came to.", required=True),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list is asked for."""

    before: UUID | None
    limit: int


def read_query(table: tuple[Parameter, ...], query: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a query string. Raises invalid_request."""
    return read_values(table, query)


def page_of(values: Mapping[str, Any]) -> Page:
    """The page that read values ask for."""
    return Page(values.get("cursor"), values.get("limit", USUAL))
