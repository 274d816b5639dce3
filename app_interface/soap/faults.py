"""Problems as SOAP faults: SOAP 1.1 4.4, SOAP 1.2 part 1 5.4. The typed detail is the schema's `problem`."""

from collections.abc import Sequence

from lxml import etree

from app_interface.problems import Problem
from app_interface.soap import elements
from app_interface.soap.envelope import V11, V12, VERSIONS, MustUnderstand, Version, VersionMismatch

_TRANSPORT = ("method_not_allowed", "payload_too_large", "unsupported_media")
"""Codes that say something about the HTTP request itself, so that its status says it as well (WS-I BP 1.1, R1113–R1115)."""
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def of_problem(problem: Problem, version: Version) -> etree._Element:
    """The Fault that tells of `problem`."""
    detail = elements.new("problem")
    elements.add(detail, "code", problem.code)
    elements.add(detail, "field", problem.field or None)
    elements.add(detail, "detail", problem.detail)
    elements.add(detail, "retryable", problem.kind.retryable)
    elements.add(detail, "incident", problem.extra.get("incident"))
    elements.add(detail, "retryAfter", problem.extra.get("retry_after"))
    if version is V11:
        return _fault11("Server" if _is_ours(problem) else "Client", problem.detail, detail)
    return _fault12("Receiver" if _is_ours(problem) else "Sender", problem.detail, detail, problem.code)


def of_protocol(error: VersionMismatch | MustUnderstand, version: Version) -> etree._Element:
    """The Fault about the envelope itself. It has no detail: that would speak of the Body (SOAP 1.1 4.4)."""
    return (_fault11 if version is V11 else _fault12)(type(error).__name__, str(error))


def headers_of(error: VersionMismatch | MustUnderstand, version: Version) -> Sequence[etree._Element]:
    """The header blocks that go with it (SOAP 1.2 part 1 5.4.7 and 5.4.8)."""
    if isinstance(error, VersionMismatch):
        return [_upgrade()]
    return [_not_understood(tag) for tag in error.tags] if version is V12 else []


def status_of(problem: Problem, version: Version) -> int:
    """The HTTP status: 500 for SOAP 1.1 (6.2), 400 or 500 for SOAP 1.2 (part 2, table 20), or what the transport says."""
    if problem.code in _TRANSPORT:
        return problem.kind.status
    return 400 if version is V12 and not _is_ours(problem) else 500


def _is_ours(problem: Problem) -> bool:
    return problem.kind.status >= 500


def _fault11(code: str, reason: str, detail: etree._Element | None = None) -> etree._Element:
    fault = etree.Element(V11.tag("Fault"), nsmap={V11.prefix: V11.namespace})
    etree.SubElement(fault, "faultcode").text = f"{V11.prefix}:{code}"
    etree.SubElement(fault, "faultstring").text = elements.clean(reason)
    if detail is not None:
        etree.SubElement(fault, "detail").append(detail)
    return fault


def _fault12(code: str, reason: str, detail: etree._Element | None = None, subcode: str = "") -> etree._Element:
    fault = etree.Element(V12.tag("Fault"), nsmap={V12.prefix: V12.namespace, "epm": elements.NAMESPACE})
    code_element = etree.SubElement(fault, V12.tag("Code"))
    etree.SubElement(code_element, V12.tag("Value")).text = f"{V12.prefix}:{code}"
    if subcode:
        value = etree.SubElement(etree.SubElement(code_element, V12.tag("Subcode")), V12.tag("Value"))
        value.text = f"epm:{subcode}"
    text = etree.SubElement(etree.SubElement(fault, V12.tag("Reason")), V12.tag("Text"), {_XML_LANG: "en"})
    text.text = elements.clean(reason)
    if detail is not None:
        etree.SubElement(fault, V12.tag("Detail")).append(detail)
    return fault


def _upgrade() -> etree._Element:
    upgrade = etree.Element(V12.tag("Upgrade"), nsmap={V12.prefix: V12.namespace})
    upgrade.extend(_naming("SupportedEnvelope", version.tag("Envelope")) for version in reversed(VERSIONS))
    return upgrade


def _not_understood(tag: str) -> etree._Element:
    return _naming("NotUnderstood", tag)


def _naming(block: str, tag: str) -> etree._Element:
    """An element that names `tag` by its attribute qname.

    An envelope's namespace goes by the prefix that envelopes give it: lxml drops a second prefix for the same namespace.
    """
    name = etree.QName(tag)
    prefixes = {version.namespace: version.prefix for version in VERSIONS}
    prefix = prefixes.get(name.namespace, "ns") if name.namespace else None
    declared = {V12.prefix: V12.namespace, **({prefix: name.namespace} if prefix else {})}
    qname = f"{prefix}:{name.localname}" if prefix else name.localname
    return etree.Element(V12.tag(block), {"qname": qname}, nsmap=declared)
