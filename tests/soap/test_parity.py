"""One contract, two doors: what is wrong at one is wrong at the other, with the same code about the same field."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from email_processor.models import Message
from epm.models import Application, Credential, EmailConnection
from tests.soap.raw import Caller, basic, request

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """The same request, written for REST and for SOAP."""

    rest: dict[str, Any]
    soap: dict[str, str]
    operation: str = "sendEmail"
    names: dict[str, str] = field(default_factory=dict)
    """What REST calls a field that the schema of SOAP refuses by another name."""


BASE: dict[str, str] = {"from": "shop@example.com", "to": "jo@example.net", "subject": "Hello"}
MANY = [f"u{number}@example.net" for number in range(1001)]
CASES = {
    "no sender": Case({"from": None}, {"from": ""}),
    "no recipients element": Case({"to": None}, {"to": ""}),
    "empty sender": Case({"from": ""}, {"from": " "}),
    "empty recipients": Case({"to": []}, {"to": " "}),
    "bad sender": Case({"from": "nobody"}, {"from": "nobody"}),
    "two senders": Case({"from": "a@example.com, b@example.com"}, {"from": "a@example.com, b@example.com"}),
    "bad recipient": Case({"to": ["jo@"]}, {"to": "jo@"}),
    "foreign sender": Case({"from": "boss@elsewhere.example"}, {"from": "boss@elsewhere.example"}),
    "too many recipients": Case({"to": MANY}, {"to": ",".join(MANY)}),
    "line break in subject": Case({"subject": "a\nBcc: x@example.net"}, {"subject": "a\nBcc: x@example.net"}),
    "structural header": Case({"headers": {"DKIM-Signature": "x"}}, {"headers": "DKIM-Signature=x"}),
    "line break in header": Case({"headers": {"X-A": "1\r\nBcc: x"}}, {"headers": "X-A=1&#13;\nBcc: x"}),
    "unknown application": Case({"applicationName": "none"}, {"applicationName": "none"}),
    "foreign zone": Case({"applicationName": "other:orders"}, {"applicationName": "other:orders"}),
    "unknown parameter": Case({"urgent": "yes"}, {"emailParameters": "urgent=yes"}),
    "unknown field": Case({"urgent": "yes"}, {"urgent": "yes"}),
    "bad priority": Case({"priority": "highest"}, {"emailParameters": "priority=highest"}),
    "bad notify": Case({"notify": "SOMETIMES"}, {"emailParameters": "notify=SOMETIMES"}),
    "never and success": Case({"notify": "NEVER,SUCCESS"}, {"emailParameters": "notify=NEVER,SUCCESS"}),
    "bad time": Case({"sendAt": "tomorrow"}, {"emailParameters": "sendAt=tomorrow"}),
    "unknown connection": Case({"connection": "none"}, {"emailParameters": "connection=none"}),
    "bad sandbox": Case({"sandbox": "maybe"}, {"emailParameters": "sandbox=maybe"}),
    "bad key": Case({"idempotencyKey": "a b"}, {"emailParameters": "idempotencyKey=a b"}),
    "time-out too long": Case({"requestTimeout": 61}, {"requestTimeout": "61"}),
    "attachment without a name": Case(
        {"attachments": [{"content": "eA=="}]}, {"attachment": "<fileName/><content>eA==</content>"}
    ),
    "attachment in bad base64": Case(
        {"attachments": [{"fileName": "x", "content": "e!"}]},
        {"attachment": "<fileName>x</fileName><content>e!</content>"},
        names={"content": "attachments[0].content"},
    ),
    "attachment from nowhere": Case(
        {"attachments": [{"url": "http://127.0.0.1:9/x"}]}, {"attachments": "http://127.0.0.1:9/x"}
    ),
    "attachment by file": Case({"attachments": [{"url": "file:///etc/passwd"}]}, {"attachments": "file:///etc/passwd"}),
    "launch without application": Case({}, {}, "launchEmail"),
    "launch of the unknown": Case({"applicationName": "none"}, {"applicationName": "none"}, "launchEmail"),
    "launch without a URL that answers": Case(
        {"applicationName": "orders"}, {"applicationName": "orders"}, "launchEmail"
    ),
}
PATHS = {"sendEmail": "/api/v1/emails", "launchEmail": "/api/v1/launches"}
ORDER = ("from", "to", "subject", "attachments", "attachment", "headers", "applicationName", "emailParameters")


@pytest.fixture
def key(credential: tuple[Credential, str], connection: EmailConnection) -> str:
    return basic(credential)


def at_rest(client: Client, key: str, case: Case) -> tuple[str, str]:
    base = {**BASE, "to": [BASE["to"]]}
    asked = {name: value for name, value in {**base, **case.rest}.items() if value is not None}
    answer = client.post(PATHS[case.operation], json.dumps(asked), "application/json", headers={"Authorization": key})
    told = answer.json()
    return told["code"], told["field"] or ""


def at_soap(client: Client, key: str, case: Case) -> tuple[str, str]:
    asked = {name: value for name, value in {**BASE, **case.soap}.items() if value}
    inside = "".join(f"<{name}>{asked[name]}</{name}>" for name in sorted(asked, key=_position))
    told = Caller(client, key).call(request(inside, operation=case.operation)).problem
    name = told.get("field", "")
    return told["code"], case.names.get(name, name)


def _position(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_it_refuses_the_same_at_both_doors(client: Client, key: str, application: Application, case: Case) -> None:
    assert at_soap(client, key, case) == at_rest(client, key, case)
    assert not Message.objects.exists()


@pytest.mark.parametrize("authorization", ["", "Basic eDp5", "Bearer x.y", "Digest x"])
def test_it_keeps_the_same_strangers_out_of_both_doors(client: Client, db: None, authorization: str) -> None:
    case = Case({}, {})
    assert at_soap(client, authorization, case) == at_rest(client, authorization, case)


def test_it_knows_a_request_again_at_the_other_door(client: Client, key: str) -> None:
    """One idempotency key, one mail, whichever doors it was asked for at."""
    asked = {**BASE, "to": [BASE["to"]], "idempotencyKey": "k-1"}
    there = client.post(PATHS["sendEmail"], json.dumps(asked), "application/json", headers={"Authorization": key})
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in BASE.items())
    here = Caller(client, key).send(f"{inside}<emailParameters>idempotencyKey=k-1</emailParameters>")
    assert here.text("messageID_returned") == there.json()["message_id"]


def test_it_minds_a_key_that_came_with_another_request_at_the_other_door(client: Client, key: str) -> None:
    asked = {**BASE, "to": ["other@example.net"], "idempotencyKey": "k-1"}
    client.post(PATHS["sendEmail"], json.dumps(asked), "application/json", headers={"Authorization": key})
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in BASE.items())
    here = Caller(client, key).send(f"{inside}<emailParameters>idempotencyKey=k-1</emailParameters>")
    assert here.problem["code"] == "idempotency_conflict"
