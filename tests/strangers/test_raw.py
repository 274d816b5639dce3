"""Requests as people write them in SoapUI and gateways send them on, over the wire of a running platform."""

import gzip
import socket
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.soap.raw import ENV11, ENV12, NS, WSA, Answered, token
from tests.strangers.platform import Platform

pytestmark = pytest.mark.strangers
TYPES = {
    ENV11: "text/xml;charset=UTF-8",
    ENV12: f'application/soap+xml;charset=UTF-8;action="{NS}/sendEmail"',
}
# What SoapUI makes of the WSDL, with the optional elements left as they stand there.
MAIL = """
         <urn:from>shop@example.com</urn:from>
         <urn:to>delivered@world.example</urn:to>
         <!--Optional:-->
         <urn:cc></urn:cc>
         <!--Optional:-->
         <urn:subject>By hand</urn:subject>
         <!--Optional:-->
         <urn:body><![CDATA[Hello & good-bye]]></urn:body>
         <urn:emailParameters/>"""


def envelope(version: str, header: str = "", mail: str = MAIL) -> bytes:
    return f"""<soapenv:Envelope xmlns:soapenv="{version}" xmlns:urn="{NS}">
   <soapenv:Header>{header}</soapenv:Header>
   <soapenv:Body>
      <urn:sendEmailRequest>{mail}
      </urn:sendEmailRequest>
   </soapenv:Body>
</soapenv:Envelope>""".encode()


class Wire:
    """One keep-alive connection."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._client = httpx.Client(base_url=platform.url, timeout=60)

    def post(self, body: Any, version: str = ENV11, *, login: bool = True, packing: str = "") -> Answered:
        action = {"SOAPAction": f'"{NS}/sendEmail"'} if version == ENV11 else {}
        packed = {"Content-Encoding": packing} if packing else {}
        given = {"Content-Type": TYPES[version], "Accept-Encoding": "gzip,deflate", **action, **packed}
        auth = httpx.BasicAuth(*self.platform.caller) if login else httpx.USE_CLIENT_DEFAULT
        answer = self._client.post("/soap/AppIntfWS", content=body, headers=given, auth=auth)
        return Answered(answer.status_code, answer.headers, etree.fromstring(answer.content))

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def wire(platform: Platform) -> Iterator[Wire]:
    wire = Wire(platform)
    yield wire
    wire.close()


@pytest.fixture(params=[ENV11, ENV12], ids=["1.1", "1.2"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def addressed(message_id: str) -> str:
    """The header block that SoapUI adds with WS-Addressing switched on."""
    return (
        f'<wsa:Action xmlns:wsa="{WSA}">{NS}/sendEmail</wsa:Action>'
        f'<wsa:ReplyTo xmlns:wsa="{WSA}"><wsa:Address>{WSA}/anonymous</wsa:Address></wsa:ReplyTo>'
        f'<wsa:MessageID xmlns:wsa="{WSA}">{message_id}</wsa:MessageID>'
        f'<wsa:To xmlns:wsa="{WSA}">http://127.0.0.1/soap/AppIntfWS</wsa:To>'
    )


def test_it_sends(wire: Wire, version: str) -> None:
    answer = wire.post(envelope(version), version)
    assert (answer.status, answer.name) == (200, "sendEmailResponse")
    assert answer.headers["Content-Type"].startswith(TYPES[version].partition(";")[0])


def test_a_repeated_message_id_sends_once(wire: Wire, version: str) -> None:
    body = envelope(version, addressed(f"uuid:{token_hex(16)}"))
    first, second = wire.post(body, version), wire.post(body, version)
    assert first.text("messageID_returned") == second.text("messageID_returned")
    assert first.root[0][1].tag == f"{{{WSA}}}RelatesTo"


def test_it_takes_a_token_for_a_login(wire: Wire, version: str) -> None:
    assert wire.post(envelope(version, token(*wire.platform.caller)), version, login=False).status == 200


def test_it_refuses_a_header_that_must_be_understood(wire: Wire, version: str) -> None:
    strange = f'<t:Transaction xmlns:t="urn:x" xmlns:e="{version}" e:mustUnderstand="1">5</t:Transaction>'
    answer = wire.post(envelope(version, strange), version)
    assert (answer.status, answer.faultcode) == (500, "MustUnderstand")


def test_it_leaves_other_headers_alone(wire: Wire, version: str) -> None:
    strange = f'<t:Transaction xmlns:t="urn:x" xmlns:e="{version}" e:mustUnderstand="0">5</t:Transaction>'
    assert wire.post(envelope(version, strange), version).status == 200


def test_it_takes_chunks(wire: Wire, version: str) -> None:
    body = envelope(version)
    answer = wire.post((body[at : at + 100] for at in range(0, len(body), 100)), version)
    assert answer.status == 200


def test_it_lets_a_caller_that_waits_go_on(platform: Platform) -> None:
    body = b'{"from": "shop@example.com", "to": []}'
    with socket.create_connection(("127.0.0.1", platform.instance.port("EPM_WEB_PORT")), timeout=30) as connection:
        head = "POST /api/v1/emails HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        answers = connection.makefile("rb")
        assert b" 100 " in answers.readline()
        connection.sendall(body)
        assert b" 401 " in answers.read()


def test_it_refuses_a_body_that_is_packed(wire: Wire, version: str) -> None:
    answer = wire.post(gzip.compress(envelope(version)), version, packing="gzip")
    assert (answer.status, answer.problem["code"]) == (415, "unsupported_media")


def test_rest_refuses_a_body_that_is_packed(platform: Platform) -> None:
    answer = httpx.post(
        f"{platform.url}/api/v1/emails",
        content=gzip.compress(b"{}"),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        auth=platform.caller,
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media")
