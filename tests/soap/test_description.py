"""The WSDL and its schema, as clients read them."""

import pytest
from django.test import Client
from lxml import etree

from app_interface.soap.dispatch import OPERATIONS
from tests.soap.raw import ENV11, NS, PATH

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture
def wsdl(client: Client) -> etree._Element:
    return etree.fromstring(client.get(f"{PATH}?wsdl").content)


def test_it_describes_itself_without_login(client: Client) -> None:
    answers = [client.get(f"{PATH}{query}") for query in ("?wsdl", "?WSDL", "?xsd")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer["Content-Type"] for answer in answers} == {"text/xml; charset=utf-8"}


def test_it_gives_its_public_address(client: Client, settings: object) -> None:
    settings.EPM_PUBLIC_URL = "https://epm.example.com"  # type: ignore[attr-defined]
    root = etree.fromstring(client.get(f"{PATH}?wsdl").content)
    addresses = [element.get("location") for element in root.iter() if etree.QName(element).localname == "address"]
    assert addresses == [f"https://epm.example.com{PATH}"] * 2


def test_it_publishes_the_port_for_soap_11_first(wsdl: etree._Element) -> None:
    assert [port.get("name") for port in wsdl.iter(f"{WSDL}port")] == ["AppIntfWSSoap11", "AppIntfWSSoap12"]


def test_its_schema_stands_alone(client: Client) -> None:
    assert etree.XMLSchema(etree.fromstring(client.get(f"{PATH}?xsd").content))


def test_it_binds_every_operation_that_is_served(wsdl: etree._Element) -> None:
    names = {operation.name for operation in OPERATIONS.values()}
    for place in (*wsdl.iter(f"{WSDL}portType"), *wsdl.iter(f"{WSDL}binding")):
        assert {operation.get("name") for operation in place.iter(f"{WSDL}operation")} == names


def test_it_serves_the_element_that_each_operation_takes(wsdl: etree._Element) -> None:
    messages = {message.get("name"): message[0].get("element") for message in wsdl.iter(f"{WSDL}message")}
    taken = {
        messages[(operation.find(f"{WSDL}input").get("message") or "").removeprefix("tns:")]  # type: ignore[union-attr]
        for operation in wsdl.find(f"{WSDL}portType").iter(f"{WSDL}operation")  # type: ignore[union-attr]
    }
    assert taken == {f"tns:{name}" for name in OPERATIONS}


def test_its_elements_are_called_other_than_its_operations(wsdl: etree._Element) -> None:
    """Java would unwrap a request into a dozen arguments otherwise."""
    elements = {element.get("name") for element in wsdl.iterfind(f".//{XSD}schema/{XSD}element")}
    assert not elements & {operation.name for operation in OPERATIONS.values()}


def test_it_documents_every_operation(wsdl: etree._Element) -> None:
    for operation in wsdl.find(f"{WSDL}portType").iter(f"{WSDL}operation"):  # type: ignore[union-attr]
        assert (operation.findtext(f"{WSDL}documentation") or "").strip()


def test_it_is_one_namespace(wsdl: etree._Element) -> None:
    assert wsdl.get("targetNamespace") == NS
    assert ENV11 not in wsdl.nsmap.values()
