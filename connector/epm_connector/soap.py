"""The SOAP door (1.1): messages are made and read by zeep after the platform's own WSDL, and go over the same HTTP client."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import zeep
from lxml import etree
from zeep.exceptions import Error, ValidationError

from epm_connector import lists, soap_shapes
from epm_connector.errors import ConnectorError
from epm_connector.exchange import USUAL_TIMEOUT, Exchange
from epm_connector.http import retry_after, stranger
from epm_connector.requests import Attachment, Email, Mailboxes, To

NAMESPACE = "urn:epm:AppIntfWS:1"
PATH = "/soap/AppIntfWS"
Answer = dict[str, Any]


class SoapDoor:
    """The exchanges of the operations over SOAP 1.1; answers are put into the shape of the REST JSON."""

    def __init__(self) -> None:
        self._described: tuple[Any, Any] | None = None

    def opening(self) -> Exchange[None] | None:
        """Before the first call the WSDL is asked for."""
        return None if self._described else Exchange("GET", f"{PATH}?wsdl", self._load)

    def send(self, email: Email, application: str) -> Exchange[Answer]:
        return self._call("sendEmail", _request(email, application), soap_shapes.sent, email.request_timeout)

    def launch(self, email: Email, application: str, further: dict[str, Any]) -> Exchange[Answer]:
        parameters = lists.pairs(further.get("appParameters", {}).items())
        request = _request(email, application) | further | ({"appParameters": parameters} if parameters else {})
        return self._call("launchEmail", request, soap_shapes.launched, email.request_timeout)

    def status(self, id: str) -> Exchange[Answer]:
        return self._call("getEmailStatus", {"messageID": id}, soap_shapes.status)

    def cancel(self, id: str) -> Exchange[Answer]:
        return self._call("cancelEmail", {"messageID": id}, lambda answer: soap_shapes.cancelled(id, answer))

    def _call(
        self, operation: str, request: dict[str, Any], shape: Callable[[Any], Answer], timeout: float = USUAL_TIMEOUT
    ) -> Exchange[Answer]:
        assert self._described is not None, "the opening comes first"
        client, service = self._described
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}/{operation}"'}
        message = _message(client, service, operation, request)

        def read(response: httpx.Response) -> Answer:
            if response.status_code != 200:
                raise _error_of(response)
            return shape(_answer(client, f"{{{NAMESPACE}}}{operation}Response", response))

        return Exchange("POST", PATH, read, timeout, {"content": message, "headers": headers})

    def _load(self, description: httpx.Response) -> None:
        """zeep's client and service, made of the WSDL. Two threads that do it at once get equal ones."""
        self._described = _loaded(description)


def _loaded(description: httpx.Response) -> tuple[Any, Any]:
    try:
        description.raise_for_status()
        client = zeep.Client(io.BytesIO(description.content))
        service = client.bind("AppIntfWS", "AppIntfWSSoap11")
    except (httpx.HTTPStatusError, etree.LxmlError, Error, ValueError) as error:
        raise stranger(description) from error
    if service is None:
        raise stranger(description)
    return client, service


def _message(client: Any, service: Any, operation: str, request: dict[str, Any]) -> bytes:
    try:
        envelope = client.create_message(service, operation, **request)
    except (ValidationError, ValueError) as error:
        # ValueError: lxml, about characters that XML cannot hold.
        raise ConnectorError("invalid_request", f"{error}.") from error
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _answer(client: Any, tag: str, response: httpx.Response) -> dict[str, Any]:
    try:
        payload = next(_parsed(response).iter(tag))
        element = client.get_element(tag)
        return soap_shapes.read(element.parse(payload, client.wsdl.types), element.type)
    except (etree.XMLSyntaxError, StopIteration, Error) as error:
        raise stranger(response) from error


def _parsed(response: httpx.Response) -> etree._Element:
    return etree.fromstring(response.content, etree.XMLParser(resolve_entities=False, no_network=True))


def _request(email: Email, application: str) -> dict[str, Any]:
    """The elements of a request, without those that are left empty."""
    if email.body and email.html:
        raise ConnectorError("invalid_request", "SOAP carries a body or an html, not both.", field="html")
    html = {"Content-Type": "text/html"} if email.html else {}
    elements = {
        "cc": lists.mailboxes(email.cc),
        "bcc": lists.mailboxes(email.bcc),
        "subject": email.subject,
        "body": email.body or email.html,
        "attachments": ",".join(url.replace(",", "%2C") for url in email.attachments if isinstance(url, str)),
        "attachment": [_attachment(file) for file in email.attachments if isinstance(file, Attachment)],
        "headers": lists.pairs({**email.headers, **html}.items()),
        "applicationName": application,
        "emailParameters": lists.pairs(lists.email_parameters(email)),
        "ucid": email.ucid,
        "sessionID": email.session_id,
        "requestTimeout": email.request_timeout,
        "recipient": [one for kind in ("to", "cc", "bcc") for one in _recipients(kind, getattr(email, kind))],
    }
    given = {name: value for name, value in elements.items() if value}
    return {"from": lists.mailboxes(email.sender), "to": lists.mailboxes(email.to), **given}


def _recipients(kind: str, given: Mailboxes) -> Iterator[dict[str, Any]]:
    """Those of whom more is to be said than a mailbox does."""
    for one in given:
        if isinstance(one, To):
            if one.substitutions is not None:
                raise ConnectorError("invalid_request", "Substitutions belong to a batch.", field="substitutions")
            said = {name: value for name, value in one.as_json().items() if name != "metadata"}
            notify = {} if not one.notify else {"notify": lists.text(one.notify)}
            metadata = [{"name": name, "value": value} for name, value in one.metadata.items()]
            yield {"kind": kind, **said, **notify, "metadata": metadata}


def _attachment(file: Attachment) -> dict[str, Any]:
    given = {"fileName": file.file_name, "contentType": file.content_type, "contentId": file.content_id}
    return {"content": file.content, **{name: value for name, value in given.items() if value}}


def _error_of(response: httpx.Response) -> ConnectorError:
    try:
        root = _parsed(response)
    except etree.XMLSyntaxError:
        return stranger(response)
    problem = next(root.iter(f"{{{NAMESPACE}}}problem"), None)
    if problem is None:
        return stranger(response)
    told = {etree.QName(child).localname: child.text or "" for child in problem}
    return ConnectorError(
        told["code"],
        told["detail"],
        field=told.get("field", ""),
        retryable=told["retryable"] == "true",
        retry_after=retry_after(response),
        incident=told.get("incident", ""),
    )
