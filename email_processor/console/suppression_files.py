"""The suppression list as a CSV file (RFC 4180): a line of column names, then one address a line."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from email_processor.models import Suppression
from email_processor.suppression import Source, Wanted
from epm.models import Application, Zone
from epm.validation import mail_address

COLUMNS = ("address", "reason", "until", "source", "since", "zone", "application")
"""What an export has. An import needs `address`, reads `reason` and `until`, and leaves the others alone."""

LINES = 100_000
"""The most addresses one file may have."""

_SHOWN_PROBLEMS = 5


def written(entries: Iterable[Suppression]) -> Iterator[str]:
    """The lines of an export, with zone and application at hand."""
    yield _line(COLUMNS)
    for entry in entries:
        until = entry.expires_at.isoformat() if entry.expires_at else ""
        application = entry.application.name if entry.application else ""
        since = entry.created_at.isoformat()
        yield _line([entry.address, entry.reason, until, entry.source, since, entry.zone.name, application])


def read(text: str, zone: Zone, application: Application | None) -> list[Wanted]:
    """What a file wants to have on the list. Raises ValidationError, which names the first wrong lines."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if "address" not in (rows.fieldnames or ()):
        raise ValidationError("The first line names the columns, and one of them is address.")
    wanted, problems = [], []
    try:
        for row in rows:
            try:
                wanted.append(_wanted(row, zone, application))
            except ValueError as error:
                problems.append(f"Line {rows.line_num}: {error}")
            if len(problems) == _SHOWN_PROBLEMS or len(wanted) > LINES:
                break
    except csv.Error as error:
        problems.append(f"Line {rows.line_num}: {error}.")
    if problems:
        raise ValidationError(["Nothing was imported.", *problems])
    if not 0 < len(wanted) <= LINES:
        raise ValidationError(f"A file has at least 1 and at most {LINES:,} addresses.")
    return wanted


def _wanted(row: Mapping[str, str | None], zone: Zone, application: Application | None) -> Wanted:
    address, reason = (row.get("address") or "").strip(), (row.get("reason") or "").strip()
    try:
        mail_address(address)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    return Wanted(zone, application, address, reason, Source.HAND, _until((row.get("until") or "").strip()))


def _until(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = parse_datetime(text if "T" in text or " " in text else f"{text}T00:00:00")
    except ValueError:
        at = None
    if at is None:
        raise ValueError(f"“{text}” is no date. Write it like 2030-01-31.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
