"""From request elements, already held against the schema, to parameters in the shape of the REST JSON."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from app_interface.lists import email_parameters, mailbox_list, separated, unique_pairs
from app_interface.parameters import EMAIL_PARAMETERS
from app_interface.problems import invalid
from app_interface.requests import require_few_recipients
from app_interface.soap import elements

_AS_THEY_ARE = ("subject", "body", "applicationName", "ucid", "sessionID", "parentID")
_MAILBOX_LISTS = ("to", "cc", "bcc")
_PAIRS = ("headers", "appParameters")
_INDENTED = ("applicationName", "emailParameters", *_PAIRS)
_OPTIONAL = (*_AS_THEY_ARE, *_MAILBOX_LISTS, *_PAIRS, "requestTimeout", "emailParameters")
_OF_A_RECIPIENT = ("address", "name", "notify", "orcpt")
_EMAIL_PARAMETERS = frozenset(parameter.name for parameter in EMAIL_PARAMETERS)


def send_email(request: etree._Element) -> dict[str, Any]:
    """The parameters of sendEmail. Raises invalid_request."""
    return {"from": (elements.text_of(request, "from") or "").strip(), **_common(request)}


def launch_email(request: etree._Element) -> dict[str, Any]:
    """The parameters of launchEmail: there `from` is a list as well. Raises invalid_request."""
    return {"from": mailbox_list(elements.text_of(request, "from") or "", "from"), **_common(request)}


def nothing(request: etree._Element) -> None:
    """An operation that is asked for nothing but itself."""


def message_id(request: etree._Element) -> str:
    """The id of the message asked for."""
    return (elements.text_of(request, "messageID") or "").strip()


def _common(request: etree._Element) -> dict[str, Any]:
    """What both operations take. An empty element is as good as none: generated clients send those."""
    given = {name: text for name, text in elements.texts_of(request, _OPTIONAL).items() if text}
    # As people indent them.
    given |= {name: given[name].strip() for name in _INDENTED if name in given}
    return {
        **{name: given[name] for name in _AS_THEY_ARE if name in given},
        **_recipients(request, given),
        **{name: unique_pairs(given[name], name) for name in _PAIRS if name in given},
        **_attachments(request),
        **_timeout(given),
        **_email_parameters(given.get("emailParameters", "")),
    }


def _recipients(request: etree._Element, given: Mapping[str, str]) -> dict[str, list[Any]]:
    """`to`, and what else is addressed: the lists, and then the elements that say more of a recipient."""
    lists: dict[str, list[Any]] = {name: [*mailbox_list(given.get(name, ""), name)] for name in _MAILBOX_LISTS}
    more = request.findall(elements.tag("recipient"))
    require_few_recipients({"to": more})
    for element in more:
        lists[elements.text_of(element, "kind") or "to"].append(_recipient(element))
    return {name: found for name, found in lists.items() if found or name == "to"}


def _recipient(element: etree._Element) -> dict[str, Any]:
    said = {
        name: text for name, text in elements.texts_of(element, _OF_A_RECIPIENT).items() if text or name == "address"
    }
    pairs = [elements.texts_of(pair, ("name", "value")) for pair in element.iterfind(elements.tag("metadata"))]
    metadata = {pair["name"]: pair["value"] for pair in pairs}
    if len(metadata) < len(pairs):
        raise invalid("A name is given twice.", "metadata")
    return {**said, "metadata": metadata} if metadata else said


def _timeout(given: Mapping[str, str]) -> dict[str, int]:
    return {"requestTimeout": int(given["requestTimeout"])} if "requestTimeout" in given else {}


def _email_parameters(text: str) -> dict[str, Any]:
    parameters = email_parameters(text)
    for name in parameters.keys() - _EMAIL_PARAMETERS:
        raise invalid("There is no such parameter.", name[:100])
    return parameters


def _attachments(request: etree._Element) -> dict[str, list[dict[str, str]]]:
    urls = (url.strip() for url in separated(elements.text_of(request, "attachments") or "", "attachments"))
    by_url = [{"url": url} for url in urls if url]
    by_content = [_attachment(attachment) for attachment in request.iterfind(elements.tag("attachment"))]
    return {"attachments": by_url + by_content} if by_url or by_content else {}


def _attachment(attachment: etree._Element) -> dict[str, str]:
    """fileName, contentType, contentId and content, the latter without the white space that xsd:base64Binary allows."""
    file = elements.texts_of(attachment, ("fileName", "contentType", "content", "contentId"))
    return {name: "".join(text.split()) if name == "content" else text for name, text in file.items() if text}
