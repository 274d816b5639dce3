"""Recipients as callers write them: a mailbox as text, or an object that also says what reports are asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app_interface import addresses, readers
from app_interface.problems import invalid
from app_interface.readers import Reader
from email_processor.models import Recipient
from email_processor.outbound.envelope import original_recipient
from email_processor.outbound.submission import Destination, Mailbox

_NAME = r"[A-Za-z0-9_.-]{1,100}"
METADATA = readers.text_object(_NAME, readers.line(1000), entries=50)
_ORCPT = re.compile(rf"[A-Za-z0-9-]+;[!-~]+|[Uu][Tt][Ff]-8;[^ {addresses.CONTROL}]+")
_ORCPT_LIMIT = 500
"""Characters, RFC 3461 4.2."""
SUBSTITUTIONS = readers.text_object(_NAME, readers.text(10_000), entries=100)


@dataclass(frozen=True, slots=True)
class Merged:
    """A recipient of a batch; with substitutions it gets a mail of its own (None: it brings none)."""

    destination: Destination
    substitutions: Mapping[str, str] | None


def _orcpt(value: Any, field: str) -> str:
    """The decoded original recipient (RFC 3461 4.2, RFC 6533 3): an address type, a semicolon, an address."""
    text = readers.line(_ORCPT_LIMIT).read(value, field)
    if not _ORCPT.fullmatch(text):
        raise invalid(
            "Expected an address type and an address, like rfc822;jo@example.com or utf-8;jö@example.com.", field
        )
    if len(original_recipient(text)) > _ORCPT_LIMIT:
        raise invalid(f"As it is written on the wire it has more than {_ORCPT_LIMIT} characters.", field)
    return text


def _destination(value: Any, field: str) -> Destination:
    return Destination(readers.MAILBOX.read(value, field)) if isinstance(value, str) else _object(value, field)


def _object(value: Any, field: str) -> Destination:
    asked = readers.mapping_of(value, field)
    for name in asked.keys() - _FIELDS.keys():
        raise invalid(_unknown(name), f"{field}.{name[:100]}")
    if "address" not in asked:
        raise invalid("This parameter is required.", f"{field}.address")
    values = {name: _FIELDS[name].read(given, f"{field}.{name}") for name, given in asked.items()}
    return Destination(Mailbox(values.pop("address"), values.pop("name", "")), **values)


def _merged(value: Any, field: str) -> Merged:
    if not isinstance(value, dict) or "substitutions" not in value:
        return Merged(_destination(value, field), None)
    asked = {name: given for name, given in value.items() if name != "substitutions"}
    return Merged(_object(asked, field), SUBSTITUTIONS.read(value["substitutions"], f"{field}.substitutions"))


def _unknown(name: str) -> str:
    if name == "substitutions":
        return "Substitutions belong to the `to` of a batch; here one mail is sent as it is."
    return "There is no such parameter."


def of_kind(kind: Recipient.Kind, destinations: list[Destination]) -> tuple[Destination, ...]:
    """`destinations` as recipients of one address header."""
    return tuple(one if one.kind == kind else replace(one, kind=kind) for one in destinations)


def _name(value: Any, field: str) -> str:
    return addresses.display_name(readers.TEXT.read(value, field), field)


_FIELDS: dict[str, Reader[Any]] = {
    "address": readers.ADDRESS,
    "name": Reader(_name, readers.line(addresses.NAME_LIMIT).schema),
    "notify": readers.NOTIFY,
    "orcpt": Reader(
        _orcpt,
        {
            "type": "string",
            "maxLength": _ORCPT_LIMIT,
            "pattern": f"^({_ORCPT.pattern})$",
            "examples": ["rfc822;jo@example.com"],
        },
    ),
    "metadata": METADATA,
}


def _schema(fields: Mapping[str, Reader[Any]]) -> dict[str, Any]:
    return {
        "oneOf": [
            readers.MAILBOX.schema,
            {
                "type": "object",
                "required": ["address"],
                "properties": {name: reader.schema for name, reader in fields.items()},
                "additionalProperties": False,
            },
        ]
    }


DESTINATION: Reader[Destination] = Reader(_destination, _schema(_FIELDS))
MERGED: Reader[Merged] = Reader(_merged, _schema({**_FIELDS, "substitutions": SUBSTITUTIONS}))
