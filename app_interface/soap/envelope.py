"""Bytes ↔ elements: SOAP 1.1 (W3C Note, 8 May 2000) and SOAP 1.2 (W3C Recommendation, part 1)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers import expat

from django.utils.http import parse_header_parameters
from lxml import etree

from app_interface.problems import Problem


@dataclass(frozen=True, slots=True)
class Version:
    """What tells the two SOAP versions apart on the wire."""

    name: str
    namespace: str
    media_type: str
    prefix: str
    role_attribute: str
    our_roles: frozenset[str]

    def tag(self, name: str) -> str:
        """`name` in the namespace of this version's envelope."""
        return f"{{{self.namespace}}}{name}"


V11 = Version(
    name="1.1",
    namespace="http://schemas.xmlsoap.org/soap/envelope/",
    media_type="text/xml",
    prefix="soap",
    role_attribute="actor",
    our_roles=frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"}),
)
V12 = Version(
    name="1.2",
    namespace="http://www.w3.org/2003/05/soap-envelope",
    media_type="application/soap+xml",
    prefix="env",
    role_attribute="role",
    our_roles=frozenset(
        {
            "",
            "http://www.w3.org/2003/05/soap-envelope/role/next",
            "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
        }
    ),
)
VERSIONS = (V11, V12)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request taken apart: the header blocks meant for us, the one element of the Body, and the action, if one was said."""

    version: Version
    headers: tuple[etree._Element, ...]
    payload: etree._Element
    action: str

    def header(self, tag: str) -> etree._Element | None:
        """The first header block of that name."""
        return next((block for block in self.headers if block.tag == tag), None)


MOST = 500_000
"""Tags of a request, and attributes; a thousand recipients, each with all that can be said of one, have 320,000 tags."""

# In UTF-16, too.
_ATTRIBUTE = re.compile(rb"=[\0\s]*[\"']")


class VersionMismatch(Exception):
    """An Envelope of neither namespace (SOAP 1.1 4.1.2, SOAP 1.2 part 1 5.4.7)."""


class MustUnderstand(Exception):
    """Header blocks marked mustUnderstand that this service does not know (SOAP 1.1 4.2.3, SOAP 1.2 part 1 5.4.8)."""

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__(f"Not understood: {', '.join(etree.QName(tag).localname for tag in tags)}.")
        self.tags = tuple(tags)


class _PrologIsOver(Exception):
    """The document element begins: nothing before it was a document type declaration."""


def parsed(content_type: str) -> tuple[str, dict[str, str]]:
    """Media type and parameters. Raises Problem unsupported_media."""
    try:
        return parse_header_parameters(content_type)
    except ValueError as error:
        raise Problem("unsupported_media", f"The Content-Type cannot be read: {error}") from error


def version_of(content_type: str) -> Version:
    """The version a caller speaks, by its Content-Type. Raises Problem unsupported_media."""
    media_type, _ = parsed(content_type)
    for version in VERSIONS:
        if media_type == version.media_type:
            return version
    accepted = " or ".join(f"{version.media_type} (SOAP {version.name})" for version in VERSIONS)
    raise Problem("unsupported_media", f"Content-Type is {media_type or 'missing'}; expected {accepted}.")


def read(body: bytes, content_type: str, soap_action: str, understood: frozenset[str]) -> Envelope:
    """Take a request apart. `understood` names the header blocks that may be marked mustUnderstand.

    Raises Problem unsupported_media or invalid_request, VersionMismatch, MustUnderstand.
    """
    version = version_of(content_type)
    _, parameters = parsed(content_type)
    root = _parse(body, parameters.get("charset"))
    _check_version(root, version)
    headers, payload = _parts(root, version)
    _check_understood(headers, version, understood)
    _check_once(headers, understood)
    action = parameters.get("action", "") if version is V12 else soap_action.strip().strip('"')
    return Envelope(version, headers, payload, action)


def write(version: Version, content: etree._Element, headers: Sequence[etree._Element] = ()) -> bytes:
    """The bytes of an answer: `content` becomes the one child of the Body."""
    root = etree.Element(version.tag("Envelope"), nsmap={version.prefix: version.namespace})
    if headers:
        etree.SubElement(root, version.tag("Header")).extend(headers)
    etree.SubElement(root, version.tag("Body")).append(content)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _parse(body: bytes, charset: str | None) -> etree._Element:
    _refuse_countless(body)
    try:
        _refuse_document_type(body, charset)
        # huge_tree: one base64 attachment may exceed the 10 MB libxml2 allows a text otherwise. The request's size is
        # limited before, and entities, the reason for that guard, cannot be declared without a document type.
        parser = etree.XMLParser(
            encoding=charset,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=True,
            remove_comments=True,
            remove_pis=True,
        )
        return etree.fromstring(body, parser)
    except (expat.ExpatError, etree.XMLSyntaxError) as error:
        raise Problem("invalid_request", f"The request is not well-formed XML: {error}.") from error
    except (LookupError, ValueError) as error:
        raise Problem(
            "unsupported_media", f"The character set cannot be read: {error}. Use UTF-8 or UTF-16."
        ) from error


def _refuse_countless(body: bytes) -> None:
    """Before anybody knows who calls: in memory an element takes a hundred times its octets, an attribute twenty times."""
    if body.count(b"<") > MOST:
        raise Problem("invalid_request", f"The request has more than {MOST:,} tags.")
    if body.count(b"=") > MOST and sum(1 for _ in _ATTRIBUTE.finditer(body)) > MOST:
        raise Problem("invalid_request", f"The request has more than {MOST:,} attributes.")


def _refuse_document_type(body: bytes, charset: str | None) -> None:
    """SOAP allows none (1.1 3, 1.2 part 1 5), and without one there are no entities: neither bombs nor files nor URLs."""
    parser = expat.ParserCreate(charset)

    def doctype(*_: object) -> None:
        raise Problem("invalid_request", "A SOAP message may not contain a document type declaration.")

    def element(*_: object) -> None:
        raise _PrologIsOver

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(body, True)
    except _PrologIsOver:
        return


def _check_version(root: etree._Element, version: Version) -> None:
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise Problem("invalid_request", f"The document element is {name.localname}, not a SOAP Envelope.")
    if name.namespace not in {known.namespace for known in VERSIONS}:
        raise VersionMismatch(f"{name.namespace or 'No namespace'} is not an envelope of SOAP 1.1 or 1.2.")
    if name.namespace != version.namespace:
        raise Problem(
            "unsupported_media",
            f"Content-Type is {version.media_type}, but the envelope is not of SOAP {version.name}.",
        )


def _parts(root: etree._Element, version: Version) -> tuple[tuple[etree._Element, ...], etree._Element]:
    header = root.find(version.tag("Header"))
    bodies = root.findall(version.tag("Body"))
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise Problem("invalid_request", "The envelope needs one Body with exactly one element in it.")
    return tuple(block for block in _blocks(header) if _is_ours(block, version)), bodies[0][0]


def _blocks(header: etree._Element | None) -> Sequence[etree._Element]:
    return [] if header is None else list(header)


def _is_ours(block: etree._Element, version: Version) -> bool:
    return (block.get(version.tag(version.role_attribute)) or "") in version.our_roles


def _check_understood(headers: Sequence[etree._Element], version: Version, understood: frozenset[str]) -> None:
    strange = [str(block.tag) for block in headers if _is_marked(block, version) and block.tag not in understood]
    if strange:
        raise MustUnderstand(strange)


def _is_marked(block: etree._Element, version: Version) -> bool:
    return (block.get(version.tag("mustUnderstand")) or "").strip() in ("1", "true")


def _check_once(headers: Sequence[etree._Element], understood: frozenset[str]) -> None:
    """Of two blocks of one name we would heed one, and a gateway before us perhaps the other."""
    for tag, count in Counter(block.tag for block in headers).items():
        if count > 1 and tag in understood:
            raise Problem("invalid_request", f"The header has two blocks {etree.QName(tag).localname}.")
