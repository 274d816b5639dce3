"""The list syntaxes of the SOAP door: `a@x, "B, c" <b@y>` and `name=value;name=value`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from epm_connector.errors import ConnectorError
from epm_connector.requests import Email, Mailboxes


def mailboxes(given: Mailboxes) -> str:
    """A comma list of those of whom a mailbox says all there is."""
    return given if isinstance(given, str) else ", ".join(one for one in given if isinstance(one, str))


def words(given: str) -> list[str]:
    """The words of a comma list."""
    return [word for word in given.split(",") if word]


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """A `name=value;…` list. Raises ConnectorError invalid_request for a name that cannot stand in one."""
    return ";".join(_pair(name, value) for name, value in items)


def email_parameters(email: Email) -> Iterator[tuple[str, str]]:
    """The emailParameters of `email`, one pair for each value."""
    if email.idempotency_key:
        yield "idempotencyKey", email.idempotency_key
    for name, value in email.parameters.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", str(inner)) for key, inner in value.items())
        elif name == "tag" and not isinstance(value, str):
            yield from (("tag", str(tag)) for tag in value)
        else:
            yield name, text(value)


def _pair(name: str, value: str) -> str:
    if "=" in name:
        raise ConnectorError("invalid_request", f"The name {name!r} contains an equals sign.", field=name)
    return f"{_escaped(name)}={_escaped(value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;")


def text(value: Any) -> str:
    """A value as it stands in a list."""
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.astimezone().isoformat()
        case str():
            return value
        case Sequence():
            return ", ".join(map(str, value))
    return str(value)
