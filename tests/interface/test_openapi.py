import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app_interface.parameters import LAUNCH, SEND
from app_interface.problems import TABLE
from email_processor.models import DeliveryReceipt, Message, Session
from epm.models import Application
from tests.interface.conftest import Door
from tests.interface.test_status import message

__all__ = ["message"]

OF_NO_OPERATION = {"method_not_allowed"}
"""Codes no operation describes: a wrong method is no operation."""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Client().get("/api/v1/schema").content)
    return document


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in schema["paths"].values():
        yield from methods.values()


def check(schema: dict[str, Any], part: dict[str, Any], value: Any) -> None:
    whole = {**part, "components": schema["components"]}
    Draft202012Validator(whole).validate(value)


def test_it_is_valid_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)  # type: ignore[no-untyped-call]


def test_its_schemas_are_valid_json_schemas(schema: dict[str, Any]) -> None:
    for part in schema["components"]["schemas"].values():
        Draft202012Validator.check_schema(part)


def test_its_references_lead_somewhere(schema: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema)))
    assert names <= set(schema["components"]["schemas"])
    assert "SendEmail" in names


def test_its_examples_fit_its_schemas(schema: dict[str, Any]) -> None:
    seen = 0
    for operation in operations(schema):
        for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in holder.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    check(schema, content["schema"], example["value"])
                    seen += 1
    assert seen > 40


def test_it_describes_every_parameter(schema: dict[str, Any]) -> None:
    for name, table in (("SendEmail", SEND), ("LaunchEmail", LAUNCH)):
        properties = schema["components"]["schemas"][name]["properties"]
        assert {p.name: p.help for p in table} == {n: part["description"] for n, part in properties.items()}


def test_it_describes_every_error_with_an_example(schema: dict[str, Any]) -> None:
    described = {
        example["value"]["code"]
        for operation in operations(schema)
        for answer in operation["responses"].values()
        for example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).values()
    }
    assert described == TABLE.keys() - OF_NO_OPERATION


def test_it_says_how_to_authenticate(schema: dict[str, Any]) -> None:
    assert schema["paths"]["/api/v1/emails"]["post"]["security"] == [{"basic": []}, {"bearer": []}]
    assert not any(schema["paths"]["/api/v1/problems/{code}"]["get"].get("security", []))


def test_what_is_answered_is_what_is_described(
    schema: dict[str, Any], door: Door, message: Message, application: Application
) -> None:
    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    Session.objects.create(application=application, type="receipt", started_at=message.accepted_at, about=message)
    check(schema, ref("Accepted"), door.send().json())
    check(schema, ref("EmailStatus"), door.get(f"emails/{message.pk}").json())
    check(schema, ref("ReceiptOfMessage"), door.get(f"receipts/{DeliveryReceipt.objects.get().pk}").json())
    check(schema, ref("Problem"), door.send(subject=1).json())


def test_what_is_answered_has_no_member_that_is_not_described(
    schema: dict[str, Any], door: Door, message: Message
) -> None:
    said = door.get(f"emails/{message.pk}").json()
    schemas = schema["components"]["schemas"]
    assert said["message"].keys() == schemas["Message"]["properties"].keys()
    assert said["recipients"][0].keys() == schemas["Recipient"]["properties"].keys()
    assert said["recipients"][0]["receipts"][0].keys() == schemas["Receipt"]["properties"].keys()


def test_it_shows_swagger_ui_from_this_server_alone() -> None:
    page = Client().get("/api/docs").content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(address.startswith(("/static/", "/api/")) for address in loaded)
    assert all(finders.find(a.removeprefix("/static/")) for a in loaded if a.startswith("/static/"))
    script = Client().get("/api/docs?script=")
    assert script["Content-Type"] == "application/javascript"
    assert b"/api/v1/schema" in script.content
