"""What the operations answer, in the shape of the REST JSON, as the elements of the schema: `state_at` becomes `stateAt`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

from app_interface.soap import elements

Shape = Mapping[str, Any]
_ACCEPTED = ("id", "address", "kind", "state")
_MESSAGE_ORIGIN = (
    *("id", "message_id_header", "zone", "application", "connection", "from", "subject"),
    *("ucid", "session_id", "caller_session_id", "parent_id"),
)
_MESSAGE_TERMS = (
    *("priority", "accepted_at", "send_at", "expire_at", "tell_by", "sandbox", "in_doubt"),
    *("envid", "ret", "size", "smtputf8"),
)
_ATTACHMENT = ("file_name", "content_type", "size", "url")
_RECIPIENT = ("id", "address", "name", "kind", "state", "state_at", "next_try_at", "attempts", "notify", "orcpt")
_EVENT = ("sequence", "type", "state", "at")
_SMTP = ("code", "enhanced", "text", "host", "tls")
_RECEIPT = (
    *("id", "received_at", "matched_by", "evidence", "applied", "note", "action", "status", "diagnostic", "reason"),
    *("hard", "explanation", "final_recipient", "original_recipient", "remote_mta", "last_attempt", "will_retry_until"),
    *("final_log_id", "reporting_mta", "received_from_mta", "dsn_gateway", "envelope_id", "arrival"),
    "original_message_id",
)
_ENTRY = ("at", "kind", "title")


def sent(answer: Shape) -> etree._Element:
    """The answer of sendEmail."""
    response = elements.new("sendEmailResponse")
    elements.add(response, "messageID_returned", answer["message_id"])
    elements.add(response, "application", answer["application"])
    for recipient in answer["recipients"]:
        element = _structure(response, "recipient", recipient, _ACCEPTED)
        _expected_receipts(element, recipient)
    elements.add(response, "notification", answer["notification"])
    return response


def launched(answer: Shape) -> etree._Element:
    """The answer of launchEmail."""
    response = elements.new("launchEmailResponse")
    elements.add(response, "sessionID_returned", answer["session_id"])
    return response


def status(answer: Shape) -> etree._Element:
    """The answer of getEmailStatus."""
    response = elements.new("getEmailStatusResponse")
    _message(response, answer["message"])
    for recipient in answer["recipients"]:
        _recipient(response, recipient)
    return response


def cancelled(answer: Shape) -> etree._Element:
    """The answer of cancelEmail."""
    response = elements.new("cancelEmailResponse")
    for recipient in answer["recipients"]:
        _structure(response, "recipient", recipient, ("id", "address", "state", "cancelled", "why"))
    return response


def status_ex(answer: Shape) -> etree._Element:
    """The answer of getStatusEx."""
    response = elements.new("getStatusExResponse")
    _members(response, answer, ("started_at", "now"))
    for name, value in answer["counters"].items():
        _structure(response, "counter", {"name": name, "value": value}, ("name", "value"))
    for queue in answer["queues"]:
        _structure(response, "queue", queue, ("name", "depth", "due", "age"))
    for processor in answer["processors"]:
        _structure(response, "processor", processor, ("zone", "host", "state", "why", "since", "seen_at"))
    for connection in answer["connections"]:
        _structure(response, "connection", connection, ("name", "state", "why", "retry_at"))
    return response


def _message(response: etree._Element, message: Shape) -> None:
    element = _structure(response, "message", message, _MESSAGE_ORIGIN)
    for tag in message["tag"]:
        elements.add(element, "tag", tag)
    _name_values(element, "metadata", message["metadata"].items())
    _members(element, message, _MESSAGE_TERMS)
    for attachment in message["attachments"]:
        _structure(element, "attachment", attachment, _ATTACHMENT)


def _recipient(response: etree._Element, recipient: Shape) -> None:
    element = _structure(response, "recipient", recipient, _RECIPIENT)
    _name_values(element, "metadata", recipient["metadata"].items())
    _expected_receipts(element, recipient)
    for event in recipient["events"]:
        _event(element, event)
    for receipt in recipient["receipts"]:
        _receipt(element, receipt)
    for entry in recipient["timeline"]:
        _structure(element, "timeline", entry, _ENTRY)


def _event(parent: etree._Element, event: Shape) -> None:
    element, data = _structure(parent, "event", event, _EVENT), event["data"]
    if "smtp" in data:
        texts = dict.fromkeys(_SMTP[1:], "")
        _structure(element, "smtp", {"code": None, "transcript": None, **texts, **data["smtp"]}, (*_SMTP, "transcript"))
    elements.add(element, "receiptId", data.get("receipt", {}).get("id"))
    elements.add(element, "why", "; ".join(data[name] for name in ("why", "not_applied") if name in data) or None)


def _receipt(parent: etree._Element, receipt: Shape) -> None:
    element = _structure(parent, "receipt", receipt, _RECEIPT)
    _name_values(element, "reportField", receipt["report_fields"])
    _name_values(element, "recipientField", receipt["recipient_fields"])


def _expected_receipts(element: etree._Element, recipient: Shape) -> None:
    expected = recipient["expected_receipts"]
    elements.add(element, "expectedReceipts", None if expected is None else ",".join(expected) or "NONE")


def _name_values(parent: etree._Element, name: str, pairs: Iterable[Sequence[str]]) -> None:
    for key, value in pairs:
        _structure(parent, name, {"name": key, "value": value}, ("name", "value"))


def _structure(parent: etree._Element, name: str, shape: Shape, members: Iterable[str]) -> etree._Element:
    element = etree.SubElement(parent, elements.tag(name))
    _members(element, shape, members)
    return element


def _members(element: etree._Element, shape: Shape, members: Iterable[str]) -> None:
    for name in members:
        elements.add(element, _camel(name), shape[name])


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
