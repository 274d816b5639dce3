"""Recipients as callers write them: a mailbox as text, or an object that also says what reports are asked for."""

import re
from dataclasses import replace
from typing import Any

from app_interface import addresses, readers
from app_interface.problems import invalid
from app_interface.readers import Reader
from email_processor.models import Recipient
from email_processor.outbound.submission import Destination, Mailbox

METADATA = readers.text_object(r"[A-Za-z0-9_.-]{1,100}", entries=50, maximum=1000)


def _orcpt(value: Any, field: str) -> str:
    """The decoded original recipient (RFC 3461 4.2, RFC 6533 3): an address type, a semicolon, an address."""
    text = readers.line(500).read(value, field)
    type, _, address = text.partition(";")
    if not re.fullmatch(r"[A-Za-z0-9-]+", type) or not address.strip():
        raise invalid("Expected an address type and an address, like rfc822;jo@example.com.", field)
    if not address.isascii() and type.lower() != "utf-8":
        raise invalid("An address beyond ASCII is of the type utf-8 (RFC 6533).", field)
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
    mailbox = Mailbox(values.pop("address"), values.pop("name", ""))
    return replace(Destination(mailbox), **values)


def _unknown(name: str) -> str:
    if name == "substitutions":
        return "Substitutions belong to a batch; this operation sends one mail as it is."
    return "There is no such parameter."


def of_kind(kind: Recipient.Kind, destinations: list[Destination]) -> tuple[Destination, ...]:
    """`destinations` as recipients of one address header."""
    return tuple(replace(destination, kind=kind) for destination in destinations)


def _name(value: Any, field: str) -> str:
    return addresses.display_name(readers.TEXT.read(value, field), field)


_FIELDS: dict[str, Reader[Any]] = {
    "address": readers.ADDRESS,
    "name": Reader(_name, readers.line(addresses.NAME_LIMIT).schema),
    "notify": readers.NOTIFY,
    "orcpt": Reader(_orcpt, {**readers.line(500).schema, "examples": ["rfc822;jo@example.com"]}),
    "metadata": METADATA,
}
DESTINATION: Reader[Destination] = Reader(
    _destination,
    {
        "oneOf": [
            readers.MAILBOX.schema,
            {
                "type": "object",
                "required": ["address"],
                "properties": {name: reader.schema for name, reader in _FIELDS.items()},
                "additionalProperties": False,
            },
        ]
    },
)
