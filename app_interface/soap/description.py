"""The service description (WSDL 1.1) and the schema in it, which every request is checked against."""

import re
import threading
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from lxml import etree

from app_interface.problems import Problem, invalid
from app_interface.soap import elements
from app_interface.soap.elements import NAMESPACE

PATH = "/soap/AppIntfWS"
_FILE = Path(__file__).with_name("AppIntfWS.wsdl")
_XSD = "http://www.w3.org/2001/XMLSchema"
_ADDRESSES = ("{http://schemas.xmlsoap.org/wsdl/soap/}address", "{http://schemas.xmlsoap.org/wsdl/soap12/}address")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
MOST_ATTRIBUTES = 10
_LINE = re.compile(r", line \d+$")
_ELEMENT = re.compile(r"^Element '([^']+)'")
# A validator keeps its findings in itself, so that two threads may not use it at once.
_one_at_a_time = threading.Lock()


def wsdl() -> bytes:
    """The description, with the public address in its ports."""
    root = etree.parse(_FILE).getroot()
    for address in root.iter(*_ADDRESSES):
        address.set("location", f"{settings.EPM_PUBLIC_URL}{PATH}")
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def xsd() -> bytes:
    """The schema alone."""
    return etree.tostring(_schema_element(), xml_declaration=True, encoding="utf-8", with_tail=False)


def check(payload: etree._Element) -> None:
    """Hold `payload` against the schema. Raises Problem: no_recipients without `to`, as REST does; else invalid_request.

    The problem's field is the name of the element it is about. What is nil is left out: clients made with Axis and SOAP::Lite
    say so of optional elements, as others leave them empty.
    """
    # The validator's time grows with the square of the attributes of an element, and none of ours has one.
    if any(len(element.attrib) > MOST_ATTRIBUTES for element in payload.iter()):
        raise invalid(f"An element has more than {MOST_ATTRIBUTES} attributes.")
    finding = _finding(payload)
    if finding and _without_nil(payload):
        finding = _finding(payload)
    if not finding:
        return
    absent = next((name for name in _required(payload) if elements.text_of(payload, name) is None), "")
    if absent == "to":
        raise Problem("no_recipients", "The mail is addressed to nobody.", field="to")
    raise invalid(_in_words(finding), absent or _field(finding))


def _finding(payload: etree._Element) -> str:
    """What the schema has against `payload`; empty: nothing."""
    try:
        with _one_at_a_time:
            _schema().assertValid(payload)
    except etree.DocumentInvalid as error:
        return _LINE.sub("", str(error))
    return ""


def _without_nil(payload: etree._Element) -> bool:
    """Take out of `payload` what is nil (XML Schema part 1, 2.6.2); was there any?"""
    nil = [element for element in payload.iterdescendants() if (element.get(_NIL) or "").strip() in ("true", "1")]
    for element in nil:
        if (parent := element.getparent()) is not None:
            parent.remove(element)
    return bool(nil)


def soap_action(operation: str) -> str:
    """The SOAPAction the bindings give `operation`."""
    return f"{NAMESPACE}/{operation}"


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    # In place: a copy of the element would lose the prefixes its QNames are written with.
    return etree.XMLSchema(_schema_element())


def _schema_element() -> etree._Element:
    return next(etree.parse(_FILE).getroot().iter(f"{{{_XSD}}}schema"))


def _required(payload: etree._Element) -> list[str]:
    """The children the schema demands of a request: its type is called as the element, with a capital."""
    name = etree.QName(payload).localname
    path = f"xsd:complexType[@name='{name[:1].upper()}{name[1:]}']/xsd:sequence/xsd:element"
    children = _schema_element().iterfind(path, {"xsd": _XSD})
    return [str(child.get("name")) for child in children if child.get("minOccurs") is None]


def _field(finding: str) -> str:
    match = _ELEMENT.match(finding)
    return match.group(1).rpartition("}")[2] if match else ""


def _in_words(finding: str) -> str:
    """Without our namespace in every name, unless it is what is missing: that is what most first calls get wrong."""
    told = finding.replace("\n", " ")
    if told.startswith(f"Element '{{{NAMESPACE}}}"):
        return told.replace(f"{{{NAMESPACE}}}", "")
    return f"{told} Elements belong to the namespace {NAMESPACE}."
