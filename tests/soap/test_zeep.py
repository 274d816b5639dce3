"""The published WSDL, as zeep reads it, against the running platform; SOAP 1.1 and 1.2."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import zeep
from pytest_django.live_server_helper import LiveServer
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin
from zeep.wsse.username import UsernameToken

from email_processor.models import Message, Session
from epm.models import Application, Credential, EmailConnection
from tests.receivers import Receiver, receiver
from tests.soap.raw import NS, PATH

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"from": "shop@example.com", "to": "jo@example.net", "subject": "Hello", "body": "Hello Jo"}


@pytest.fixture
def running(application: Application) -> Iterator[Receiver]:
    with receiver() as url:
        application.application_url = f"{url.url}/run"
        application.save()
        yield url


@pytest.fixture
def address(live_server: LiveServer, settings: Any) -> str:
    settings.EPM_PUBLIC_URL = live_server.url
    return f"{live_server.url}{PATH}?wsdl"


@pytest.fixture(params=["AppIntfWSSoap11", "AppIntfWSSoap12"])
def service(
    request: pytest.FixtureRequest, address: str, credential: tuple[Credential, str], connection: EmailConnection
) -> Iterator[Any]:
    """The operations through one port."""
    with requests.Session() as session:
        session.auth = (credential[0].pk, credential[1])
        yield zeep.Client(address, transport=Transport(session=session)).bind("AppIntfWS", request.param)


def problem(fault: zeep.exceptions.Fault) -> dict[str, str]:
    detail = next(fault.detail.iter(f"{{{NS}}}problem"))
    return {child.tag.rpartition("}")[2]: child.text for child in detail}


def test_it_sends(service: Any) -> None:
    answer = service.sendEmail(**ASKED, attachment=[{"fileName": "a.txt", "content": b"text"}], requestTimeout=5)
    assert answer.messageID_returned == str(Message.objects.get().pk)
    assert [(one.address, one.state) for one in answer.recipient] == [("jo@example.net", "queued")]


def test_it_launches(service: Any, running: Receiver) -> None:
    asked = ASKED | {"from": "jo@example.net", "to": "orders@example.com", "applicationName": "orders"}
    # An answer of a single element: zeep hands over the element itself.
    assert service.launchEmail(**asked, appParameters="step=1") == str(Session.objects.get().pk)


def test_it_tells_what_became_of_a_message(service: Any) -> None:
    id = service.sendEmail(**ASKED).messageID_returned
    status = service.getEmailStatus(messageID=id)
    assert (status.message.id, status.message.subject, status.message.sandbox) == (id, "Hello", False)
    assert [(one.state, one.event[0].type) for one in status.recipient] == [("queued", "accepted")]


def test_it_faults_with_a_typed_detail(service: Any) -> None:
    with pytest.raises(zeep.exceptions.Fault) as refusal:
        service.sendEmail(**ASKED | {"from": "boss@elsewhere.example"})
    told = problem(refusal.value)
    assert (told["code"], told["field"], told["retryable"]) == ("sender_not_allowed", "from", "false")


def test_it_takes_the_username_token_that_zeep_writes(
    address: str, credential: tuple[Credential, str], connection: EmailConnection
) -> None:
    client = zeep.Client(address, wsse=UsernameToken(credential[0].pk, credential[1]))
    assert client.service.sendEmail(**ASKED).messageID_returned


def test_it_refuses_the_digest_that_zeep_writes(address: str, credential: tuple[Credential, str]) -> None:
    client = zeep.Client(address, wsse=UsernameToken(credential[0].pk, credential[1], use_digest=True))
    with pytest.raises(zeep.exceptions.Fault, match="PasswordDigest"):
        client.service.sendEmail(**ASKED)


def test_it_takes_the_addressing_that_zeep_writes(
    address: str, credential: tuple[Credential, str], connection: EmailConnection
) -> None:
    wsse = UsernameToken(credential[0].pk, credential[1])
    client = zeep.Client(address, wsse=wsse, plugins=[WsAddressingPlugin()])
    assert client.service.sendEmail(**ASKED).messageID_returned
