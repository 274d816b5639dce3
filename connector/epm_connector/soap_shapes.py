"""What zeep read, in the shape of the REST JSON."""

import re
from collections.abc import Mapping
from typing import Any

from epm_connector import lists

_CAPITAL = re.compile("[A-Z]")


def read(value: Any, type: Any) -> dict[str, Any]:
    """The children of a zeep value of zeep's `type`, by their names in the schema.

    zeep gives None for an empty element as for a missing one; the schema tells which of the two it can be.
    """
    return {name: _child(value[name], element) for name, element in type.elements}


def sent(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of sendEmail."""
    return {
        "message_id": answer["messageID_returned"],
        "application": answer["application"],
        "recipients": [_with_expected(_snake(recipient)) for recipient in answer["recipient"]],
        "notification": answer["notification"],
    }


def launched(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of launchEmail."""
    return {"session_id": answer["sessionID_returned"]}


def cancelled(id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of cancelEmail about message `id`."""
    return {"message_id": id, "recipients": [_snake(recipient) for recipient in answer["recipient"]]}


def status(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of getEmailStatus, as far as `results.Status` goes."""
    message = _snake(answer["message"])
    message["metadata"] = {pair["name"]: pair["value"] for pair in message["metadata"]}
    return {"message": message, "recipients": [_recipient(recipient) for recipient in answer["recipient"]]}


def _recipient(element: Mapping[str, Any]) -> dict[str, Any]:
    recipient = _with_expected(_snake(element))
    recipient["events"] = [_event(_snake(event)) for event in recipient["event"]]
    recipient["receipts"] = [_snake(receipt) for receipt in recipient["receipt"]]
    return recipient


def _event(event: dict[str, Any]) -> dict[str, Any]:
    receipt = {"id": event["receipt_id"]} if event["receipt_id"] else None
    data = {"smtp": event["smtp"], "receipt": receipt, "why": event["why"]}
    return {**event, "data": {name: value for name, value in data.items() if value}}


def _with_expected(recipient: dict[str, Any]) -> dict[str, Any]:
    expected = recipient["expected_receipts"]
    return {**recipient, "expected_receipts": None if expected is None else lists.words(expected.replace("NONE", ""))}


def _snake(element: Mapping[str, Any]) -> dict[str, Any]:
    return {_CAPITAL.sub(lambda capital: f"_{capital.group().lower()}", name): value for name, value in element.items()}


def _child(value: Any, element: Any) -> Any:
    if element.accepts_multiple:
        return [_one(item, element) for item in value]
    if value is None:
        return None if element.is_optional else ""
    return _one(value, element)


def _one(value: Any, element: Any) -> Any:
    return read(value, element.type) if hasattr(element.type, "elements") else (value if value is not None else "")
