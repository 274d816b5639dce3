"""Every parameter of contract.md 2 and 3 is understood or refused by name, at both doors alike; none is dropped."""

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.utils import timezone
from lxml import etree

from app_interface import requests
from app_interface.authentication import Caller
from app_interface.parameters import EMAIL_PARAMETERS, LAUNCH, SEND
from app_interface.problems import Problem
from app_interface.requests import Request
from app_interface.soap import description
from app_interface.soap import requests as soap_requests
from email_processor.models import Recipient
from epm.models import Application, Credential, Zone
from tests import factories
from tests.interface.conftest import Door, problem
from tests.soap.raw import NS

SOON, LATER = ((timezone.now() + timedelta(hours=hours)).isoformat() for hours in (2, 4))
FILE = {"fileName": "a.txt", "contentType": "text/plain", "content": base64.b64encode(b"abc").decode()}


@dataclass(frozen=True)
class Row:
    """How one parameter is written at both doors. `soap` is an element's inside, or None where SOAP says it otherwise."""

    rest: Any
    soap: str | None


def structured(**fields: str) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())


TABLE: dict[str, Row] = {
    "from": Row("Other <other@example.com>", "Other <other@example.com>"),
    "to": Row(
        ['"Doe, Jo" <jo@bücher.example>', "jürgen@example.net"], '"Doe, Jo" <jo@bücher.example>, jürgen@example.net'
    ),
    "cc": Row(["c@example.net", "d@example.net"], "c@example.net, d@example.net"),
    "bcc": Row(["b@example.net"], "b@example.net"),
    "subject": Row("Grüße; mit = und \\", "Grüße; mit = und \\"),
    "body": Row("One\nTwo", "One\nTwo"),
    "html": Row("<p>Hi</p>", None),
    "attachments": Row([{"url": "http://example.net/a.pdf"}, FILE], "http://example.net/a.pdf"),
    "headers": Row({"X-A": "1;2", "X-B": "a=b"}, r"X-A=1\;2;X-B=a=b"),
    "applicationName": Row("main:second", "main:second"),
    "ucid": Row("call-1", "call-1"),
    "sessionID": Row("s-1", "s-1"),
    "requestTimeout": Row(7, "7"),
    "notify": Row(["SUCCESS", "DELAY"], "delay, success"),
    "ret": Row("FULL", "FULL"),
    "envid": Row("env-1", "env-1"),
    "priority": Row("high", "high"),
    "sendAt": Row(SOON, SOON),
    "expireAt": Row(LATER, LATER),
    "tellBy": Row(LATER, LATER),
    "idempotencyKey": Row("k-1", "k-1"),
    "tag": Row(["a", "b;c"], r"a;tag=b\;c"),
    "metadata": Row({"order": "17", "x.y": "a=b"}, "17;metadata.x.y=a=b"),
    "connection": Row("way out", "way out"),
    "sandbox": Row(True, "true"),
    "inDoubt": Row("hold", "hold"),
    "replyTo": Row(["a@example.com", '"B, b" <b@example.com>'], 'a@example.com, "B, b" <b@example.com>'),
    "unsubscribe": Row("https://example.com/u?x=1;y=2", r"https://example.com/u?x=1\;y=2"),
    "appParameters": Row({"step": "1", "text": "a=b;c"}, r"step=1;text=a=b\;c"),
    "parentID": Row("p-1", "p-1"),
}
IN_EMAIL_PARAMETERS = [parameter.name for parameter in EMAIL_PARAMETERS]
SENT: dict[str, Any] = {"from": "shop@example.com", "to": ["jo@example.net"], "applicationName": "orders"}
SOAP_ORDER = (
    *("from", "to", "cc", "bcc", "subject", "body", "attachments", "attachment", "headers", "applicationName"),
    *("emailParameters", "ucid", "sessionID", "requestTimeout", "recipient", "appParameters", "parentID"),
)


@pytest.fixture
def caller(zone: Zone, application: Application) -> Caller:
    credential, _ = factories.make_credential(zone, application, factories.make_application(zone, "second"))
    return Caller(Credential.objects.select_related("zone").get(pk=credential.pk))


def at_rest(caller: Caller, operation: str, name: str) -> Request:
    read = requests.read_send if operation == "sendEmail" else requests.read_launch
    return read(caller, {**SENT, name: TABLE[name].rest} if name else SENT)


def at_soap(caller: Caller, operation: str, name: str) -> Request:
    said = {**SENT, "to": "jo@example.net"}
    if name in IN_EMAIL_PARAMETERS:
        first = "metadata.order" if name == "metadata" else name
        said["emailParameters"] = f"{first}={TABLE[name].soap}"
    elif name:
        said[name] = TABLE[name].soap
    written = {key: f"<{key}>{escape(said[key])}</{key}>" for key in said}
    if name == "attachments":
        written["attachment"] = (
            f"<attachment>{structured(**{k: FILE[k] for k in ('fileName', 'contentType', 'content')})}</attachment>"
        )
    inside = "".join(written[key] for key in SOAP_ORDER if key in written)
    element = etree.fromstring(f'<{operation}Request xmlns="{NS}">{inside}</{operation}Request>')
    description.check(element)
    if operation == "sendEmail":
        return requests.read_send(caller, soap_requests.send_email(element))
    return requests.read_launch(caller, soap_requests.launch_email(element))


def names(table: Any) -> list[str]:
    return [parameter.name for parameter in table]


def test_the_table_is_complete() -> None:
    assert TABLE.keys() == {*names(SEND), *names(LAUNCH)}


@pytest.mark.parametrize("name", names(SEND))
def test_send_email_hears_it_at_both_doors(caller: Caller, name: str) -> None:
    heard = at_rest(caller, "sendEmail", name)
    assert heard != at_rest(caller, "sendEmail", "")
    if TABLE[name].soap is not None:
        assert at_soap(caller, "sendEmail", name) == heard


@pytest.mark.parametrize("name", names(LAUNCH))
def test_launch_email_hears_it_at_both_doors(caller: Caller, name: str) -> None:
    heard = at_rest(caller, "launchEmail", name)
    assert heard != at_rest(caller, "launchEmail", "")
    if TABLE[name].soap is not None:
        assert at_soap(caller, "launchEmail", name) == heard


@pytest.mark.parametrize(
    ("operation", "name"),
    [("launchEmail", name) for name in names(SEND) if name not in names(LAUNCH)]
    + [("sendEmail", name) for name in names(LAUNCH) if name not in names(SEND)],
)
def test_what_an_operation_does_not_know_it_refuses_by_name_at_both_doors(
    caller: Caller, operation: str, name: str
) -> None:
    for door in (at_rest, at_soap):
        with pytest.raises(Problem) as refused:
            door(caller, operation, name)
        assert (refused.value.code, refused.value.field) == ("invalid_request", name)


def test_soap_refuses_what_it_says_otherwise(caller: Caller) -> None:
    element = etree.fromstring(
        f'<sendEmailRequest xmlns="{NS}"><from>a@b.c</from><to>a@b.c</to><html/></sendEmailRequest>'
    )
    with pytest.raises(Problem) as refused:
        description.check(element)
    assert refused.value.field == "html"


def test_both_doors_say_the_same_of_a_single_recipient(caller: Caller) -> None:
    said = {"address": "b@example.net", "name": "B", "notify": "FAILURE", "orcpt": "rfc822;old@example.net"}
    metadata = "<metadata><name>order</name><value>17</value></metadata>"
    element = etree.fromstring(
        f'<sendEmailRequest xmlns="{NS}"><from>shop@example.com</from><to/><applicationName>orders</applicationName>'
        f"<recipient>{structured(address='jo@example.net')}</recipient>"
        f"<recipient><kind>bcc</kind>{structured(**said)}{metadata}</recipient></sendEmailRequest>"
    )
    description.check(element)
    here = requests.read_send(caller, soap_requests.send_email(element))
    there = requests.read_send(caller, {**SENT, "bcc": [{**said, "metadata": {"order": "17"}}]})
    assert here == there


def test_both_doors_say_the_same_of_an_image_in_the_text(caller: Caller) -> None:
    image = {**FILE, "contentId": "logo"}
    html = {"body": "<img src='cid:logo'>", "headers": {"Content-Type": "text/html"}}
    element = etree.fromstring(
        f'<sendEmailRequest xmlns="{NS}"><from>shop@example.com</from><to>jo@example.net</to>'
        f"<body>{escape(str(html['body']))}</body><attachment>{structured(**image)}</attachment>"
        "<headers>Content-Type=text/html</headers><applicationName>orders</applicationName></sendEmailRequest>"
    )
    description.check(element)
    here = requests.read_send(caller, soap_requests.send_email(element))
    assert here == requests.read_send(caller, {**SENT, **html, "attachments": [image]})
    assert here.submission.attachments[0].content_id == "logo"


@pytest.mark.parametrize(
    ("html", "ids", "field"),
    [
        ("", ["logo"], "attachments[0].contentId"),
        ("<p>", ["logo", "logo"], "attachments[1].contentId"),
        ("<p>", ["lo go"], "attachments[0].contentId"),
        ("<p>", ["a>\r\nBcc: x"], "attachments[0].contentId"),
    ],
)
def test_it_refuses_an_image_that_no_text_can_show(caller: Caller, html: str, ids: list[str], field: str) -> None:
    with pytest.raises(Problem) as refused:
        requests.read_send(caller, {**SENT, "html": html, "attachments": [{**FILE, "contentId": id} for id in ids]})
    assert (refused.value.code, refused.value.field) == ("invalid_request", field)


@pytest.mark.parametrize("order", [1, -1])
def test_it_drops_nothing_that_is_said_of_an_address_given_twice(door: Door, order: int) -> None:
    bare, whole = "jo@example.net", {"address": "jo@example.net", "notify": "NEVER", "metadata": {"a": "1"}}
    assert door.send(to=[bare, whole][::order]).status_code == 202
    recipient = Recipient.objects.get()
    assert (recipient.notify, recipient.metadata) == ("NEVER", {"a": "1"})


def test_it_refuses_an_address_given_twice_that_is_to_be_reported_on_differently(door: Door) -> None:
    twice = [{"address": "jo@example.net", "notify": notify} for notify in ("NEVER", "SUCCESS")]
    assert problem(door.send(to=twice[:1], cc=twice[1:])) == (400, "invalid_request", "cc")
