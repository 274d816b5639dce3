"""Elements of the service's own namespace."""

import re
from collections.abc import Iterable

from lxml import etree

NAMESPACE = "urn:epm:AppIntfWS:1"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tag(name: str) -> str:
    """`name` in the service's namespace."""
    return f"{{{NAMESPACE}}}{name}"


def new(name: str) -> etree._Element:
    """An element that stands alone."""
    return etree.Element(tag(name), nsmap={"epm": NAMESPACE})


def add(parent: etree._Element, name: str, value: str | float | bool | None = "") -> etree._Element | None:
    """Append a child holding `value`; None is left out. Characters that XML 1.0 (2.2) cannot hold become U+FFFD."""
    if value is None:
        return None
    child = etree.SubElement(parent, tag(name))
    child.text = clean(_lexical(value)) or None
    return child


def clean(text: str) -> str:
    """`text` with U+FFFD for the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def text_of(parent: etree._Element, name: str) -> str | None:
    """The text of the child called `name`; None where there is no such child."""
    child = parent.find(tag(name))
    return None if child is None else child.text or ""


def texts_of(parent: etree._Element, names: Iterable[str]) -> dict[str, str]:
    """The texts of those children that are there, by name."""
    found = ((name, text_of(parent, name)) for name in names)
    return {name: text for name, text in found if text is not None}


def _lexical(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
