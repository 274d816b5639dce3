"""WS-I Basic Profile 1.1, requirement by requirement, for what this service publishes and says (docs/decisions/0078)."""

import pytest
from django.test import Client
from lxml import etree

from app_interface.soap import description
from email_processor.models import Message
from tests.soap.raw import ASKED, ENV11, NS, PATH, Caller, envelope, request

pytestmark = pytest.mark.django_db
W, S, X = (
    "{http://schemas.xmlsoap.org/wsdl/}",
    "{http://schemas.xmlsoap.org/wsdl/soap/}",
    "{http://www.w3.org/2001/XMLSchema}",
)
HTTP = "http://schemas.xmlsoap.org/soap/http"


@pytest.fixture
def raw(client: Client) -> bytes:
    return bytes(client.get(f"{PATH}?wsdl").content)


@pytest.fixture
def wsdl(raw: bytes) -> etree._Element:
    return etree.fromstring(raw)


def only(parent: etree._Element, path: str) -> etree._Element:
    [found] = parent.findall(path)
    return found


@pytest.fixture
def binding(wsdl: etree._Element) -> etree._Element:
    """That of the port for SOAP 1.1: the profile is about no other (R2401)."""
    return only(wsdl, f"{W}binding[@name='AppIntfWSSoap11']")


def test_the_description_is_plain_xml_in_utf_8(raw: bytes) -> None:
    """R4002 to R4005."""
    assert raw.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert b"<!DOCTYPE" not in raw


def test_it_imports_nothing_and_extends_nothing(wsdl: etree._Element) -> None:
    """R2001 to R2011, R2025 to R2028."""
    assert not [*wsdl.iter(f"{W}import", f"{X}import", f"{X}include", f"{X}redefine")]
    assert not [element for element in wsdl.iter() if element.get(f"{W}required")]


def test_its_parts_stand_in_their_order(wsdl: etree._Element) -> None:
    """R2021 to R2023, and R2030: documentation comes first."""
    order = ["documentation", "types", "message", "portType", "binding", "service"]
    names = [etree.QName(child).localname for child in wsdl]
    assert names == sorted(names, key=order.index)


def test_its_schema_has_a_namespace_and_no_arrays_of_wsdl(wsdl: etree._Element) -> None:
    """R2105, R2110 to R2113, R2800, R2801: XML Schema 1.0, by a validator's own opinion."""
    schema = only(wsdl, f"{W}types/{X}schema")
    assert schema.get("targetNamespace") == NS
    assert b"arrayType" not in etree.tostring(schema)
    assert etree.XMLSchema(etree.fromstring(description.xsd()))


def test_its_messages_have_one_part_that_is_an_element(wsdl: etree._Element) -> None:
    """R2201, R2204, R2206, R2210, R2102: each names an element of the schema."""
    declared = {f"tns:{element.get('name')}" for element in only(wsdl, f"{W}types/{X}schema").findall(f"{X}element")}
    for message in wsdl.iter(f"{W}message"):
        assert set(only(message, f"{W}part").attrib) == {"name", "element"}
        assert only(message, f"{W}part").get("element") in declared


def test_its_operations_ask_and_answer_and_differ_in_name(wsdl: etree._Element) -> None:
    """R2302 to R2306."""
    operations = only(wsdl, f"{W}portType").findall(f"{W}operation")
    assert len({operation.get("name") for operation in operations}) == len(operations)
    kinds = [[etree.QName(child).localname for child in operation] for operation in operations]
    assert all(found == ["documentation", "input", "output", "fault"] for found in kinds)
    assert not any(operation.get("parameterOrder") for operation in operations)


def test_its_binding_is_soap_over_http_document_literal(binding: etree._Element) -> None:
    """R2401, R2701, R2702, R2705 to R2707."""
    soap = only(binding, f"{S}binding")
    assert (soap.get("transport"), soap.get("style")) == (HTTP, "document")
    assert {operation.get("style") for operation in binding.iter(f"{S}operation")} == {"document"}
    assert {body.get("use") for body in binding.iter(f"{S}body", f"{S}fault")} == {"literal"}


def test_its_bodies_and_faults_say_nothing_that_the_profile_forbids(binding: etree._Element) -> None:
    """R2716, R2717, R2719, R2720, R2721, R2754: no namespace, no list of parts; a fault is called as in the portType."""
    assert all(set(body.attrib) == {"use"} for body in binding.iter(f"{S}body"))
    for fault in binding.iter(f"{W}fault"):
        assert set(only(fault, f"{S}fault").items()) == {("name", fault.get("name")), ("use", "literal")}


def test_its_binding_has_the_operations_of_its_port_type(wsdl: etree._Element, binding: etree._Element) -> None:
    """R2718, R2710 (each has an element of its own on the wire), R2745 (each has an action)."""
    asked = [operation.get("name") for operation in only(wsdl, f"{W}portType").findall(f"{W}operation")]
    actions = [operation.get("soapAction") for operation in binding.iter(f"{S}operation")]
    inputs = [only(wsdl, f"{W}message[@name='{name}Input']/{W}part").get("element") for name in asked]
    assert [operation.get("name") for operation in binding.findall(f"{W}operation")] == asked
    assert actions == [f"{NS}/{name}" for name in asked]
    assert len(set(inputs)) == len(inputs)


ASKING: dict[str, bytes] = {
    "an answer": envelope(request()),
    "a problem": envelope(request("<to>jo@example.net</to>")),
    "not understood": envelope(request(), header=f'<t:T xmlns:t="urn:x" xmlns:e="{ENV11}" e:mustUnderstand="1"/>'),
    "another version": envelope(request(), version="urn:other"),
    "no envelope": b"<a/>",
}


@pytest.fixture(params=list(ASKING))
def answer(request: pytest.FixtureRequest, caller: Caller, client: Client) -> tuple[int, str, bytes]:
    """Status, media type and octets of what the service says to various requests."""
    said = client.generic(
        "POST", PATH, ASKING[request.param], "text/xml", headers={"Authorization": caller.authorization}
    )
    return said.status_code, said["Content-Type"], said.content


def test_what_it_says_is_an_envelope_and_nothing_else(answer: tuple[int, str, bytes]) -> None:
    """R1005 to R1009, R1011 to R1014, R1018, R1032, R1033."""
    _, media_type, octets = answer
    root = etree.fromstring(octets)
    assert media_type == "text/xml; charset=utf-8"
    assert octets.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert not [node for node in root.iter() if not isinstance(node.tag, str)]
    assert not [name for node in root.iter() for name in node.attrib if ENV11 in str(name)]
    assert [etree.QName(child).localname for child in root][-1] == "Body"
    assert len(root[-1]) == 1
    assert etree.QName(root[-1][0]).namespace


def test_a_fault_has_the_parts_and_the_status_of_one(answer: tuple[int, str, bytes]) -> None:
    """R1000, R1001, R1004, R1031, R1110, R1126."""
    status, _, octets = answer
    fault = etree.fromstring(octets).find(f"{{{ENV11}}}Body/{{{ENV11}}}Fault")
    assert status == (200 if fault is None else 500)
    for child in () if fault is None else fault:
        assert child.tag in ("faultcode", "faultstring", "detail")
    code = "soap:Client" if fault is None else fault.findtext("faultcode")
    assert code in ("soap:Client", "soap:MustUnderstand", "soap:VersionMismatch")


def test_what_it_answers_is_the_element_that_its_description_says(caller: Caller) -> None:
    """R2712, R2729."""
    description_says = etree.XMLSchema(etree.fromstring(description.xsd()))
    assert description_says.validate(caller.send(ASKED).payload)


@pytest.mark.parametrize(
    "written",
    [
        b"\xef\xbb\xbf" + envelope(request()),
        b"<?xml version='1.0'?>" + envelope(request()),
        b"<?xml version='1.0' encoding='UTF-16'?>".decode().encode("utf-16")
        + envelope(request()).decode().encode("utf-16-le"),
    ],
    ids=["R4001", "R1010", "R1012"],
)
def test_it_reads_what_receivers_must_read(caller: Caller, written: bytes) -> None:
    """And no xsi:type (R1017), no SOAPAction (R1119, R1127)."""
    assert caller.post(written, content_type="text/xml").status == 200


def test_nothing_is_done_where_something_is_not_understood(caller: Caller) -> None:
    """R1025, R1027, R1028."""
    strange = f'<t:T xmlns:t="urn:x" xmlns:e="{ENV11}" e:mustUnderstand="1"/>'
    assert caller.send(header=strange).faultcode == "MustUnderstand"
    assert not Message.objects.exists()


def test_it_sets_no_cookies_and_sends_nobody_elsewhere(client: Client, caller: Caller) -> None:
    """R1120 to R1123, R1130, R1131."""
    headers = caller.send().headers
    assert "Set-Cookie" not in headers
    assert "Location" not in headers


@pytest.mark.parametrize(("method", "kind", "status"), [("PUT", "text/xml", 405), ("POST", "text/plain", 415)])
def test_a_wrong_method_and_a_wrong_media_type_have_their_status(
    client: Client, method: str, kind: str, status: int
) -> None:
    """R1114, R1115, R1125; the fault within is the contract's, see the decision on R1126."""
    assert client.generic(method, PATH, b"<a/>", kind).status_code == status
