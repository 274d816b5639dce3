"""Envelopes written by hand, and what came back, taken apart."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from django.test import Client
from lxml import etree

from epm.models import Credential

PATH = "/soap/AppIntfWS"
NS = "urn:epm:AppIntfWS:1"
ENV11 = "http://schemas.xmlsoap.org/soap/envelope/"
ENV12 = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
PASSWORD = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#Password"
WSA = "http://www.w3.org/2005/08/addressing"
TYPES = {ENV11: "text/xml; charset=utf-8", ENV12: "application/soap+xml; charset=utf-8"}
ASKED = "<from>shop@example.com</from><to>jo@example.net</to><subject>Hello</subject><body>Hello Jo</body>"


def request(children: str = ASKED, *, operation: str = "sendEmail") -> str:
    """The element that goes into the Body."""
    return f'<{operation}Request xmlns="{NS}">{children}</{operation}Request>'


def envelope(payload: str, *, header: str = "", version: str = ENV11) -> bytes:
    head = f"<e:Header>{header}</e:Header>" if header else ""
    return f'<e:Envelope xmlns:e="{version}">{head}<e:Body>{payload}</e:Body></e:Envelope>'.encode()


def basic(credential: tuple[Credential, str]) -> str:
    return "Basic " + b64encode(f"{credential[0].pk}:{credential[1]}".encode()).decode()


def token(user: str, password: str, *, type: str = "Text", more: str = "") -> str:
    """A WS-Security header."""
    return (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}" xmlns:e="{ENV11}" e:mustUnderstand="1">{more}<w:UsernameToken>'
        f'<w:Username>{user}</w:Username><w:Password Type="{PASSWORD}{type}">{password}</w:Password>'
        "</w:UsernameToken></w:Security>"
    )


@dataclass(frozen=True)
class Answered:
    """An answer: HTTP status and headers, the Envelope, and the one element of its Body."""

    status: int
    headers: Any
    root: etree._Element

    @property
    def payload(self) -> etree._Element:
        return self.root[-1][0]

    @property
    def name(self) -> str:
        return etree.QName(self.payload).localname

    def text(self, path: str) -> str | None:
        """The text of the first element under that path: `message/id`."""
        return self.payload.findtext(".//" + "/".join(f"{{{NS}}}{name}" for name in path.split("/")))

    @property
    def faultcode(self) -> str:
        """Without its prefix: Client, Sender, …"""
        found = self.payload.findtext("faultcode") or self.payload.findtext(f"{{{ENV12}}}Code/{{{ENV12}}}Value") or ""
        return found.rpartition(":")[2]

    @property
    def problem(self) -> dict[str, str]:
        """The typed detail."""
        detail = next(self.payload.iter(f"{{{NS}}}problem"), None)
        return {} if detail is None else {etree.QName(child).localname: child.text or "" for child in detail}


class Caller:
    """Posts envelopes as a credential, or as nobody."""

    def __init__(self, client: Client, authorization: str) -> None:
        self._client, self.authorization = client, authorization

    def post(self, body: bytes, *, content_type: str = TYPES[ENV11], **headers: str) -> Answered:
        credentials = {"Authorization": self.authorization} if self.authorization else {}
        # generic: post() would write the body anew in the charset of the Content-Type.
        answer = self._client.generic("POST", PATH, body, content_type, headers={**credentials, **headers})
        return Answered(answer.status_code, answer.headers, etree.fromstring(answer.content))

    def call(self, payload: str, *, header: str = "", version: str = ENV11, **headers: str) -> Answered:
        return self.post(envelope(payload, header=header, version=version), content_type=TYPES[version], **headers)

    def send(self, children: str = ASKED, **further: str) -> Answered:
        return self.call(request(children), **further)
