"""What clients of others stumbled over, each in a few lines."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from epm.models import Application, Credential
from tests.interface.conftest import Door, door, problem

__all__ = ["door"]


def test_it_takes_a_whole_number_as_json_schema_does(door: Door) -> None:
    assert door.send(requestTimeout=7.0).status_code == 202
    assert problem(door.send(requestTimeout=7.5)) == (400, "invalid_request", "requestTimeout")


@pytest.mark.parametrize("path", ["emails?since=9000-01-01T00:00:00Z", "notifications?since=0001-01-02T00:00:00Z"])
def test_it_looks_for_any_time(door: Door, path: str) -> None:
    assert door.get(path).status_code == 200


def test_it_takes_an_empty_cursor_for_the_start(door: Door) -> None:
    assert door.get("events?after=").json() == door.get("events").json()


@pytest.fixture
def manager(door: Door) -> Door:
    Credential.objects.filter(pk=door.credential).update(scopes=["manage"])
    return door


def test_it_asks_for_the_mail_that_is_missing(manager: Door) -> None:
    answer = manager.client.generic("POST", "/api/v1/inbound?rcptTo=orders@example.com", headers=manager._headers({}))
    assert problem(answer) == (400, "invalid_request", None)


def test_it_asks_for_the_change_that_is_missing(manager: Door, application: Application) -> None:
    answer = manager.client.generic("PATCH", f"/api/v1/applications/{application.pk}", headers=manager._headers({}))
    assert problem(answer) == (400, "invalid_request", None)


@pytest.mark.parametrize("media_type", ["message/rfc822", "application/octet-stream"])
def test_it_takes_a_mail_in(manager: Door, media_type: str) -> None:
    path = "inbound?rcptTo=orders@example.com"
    assert manager.raw(path, b"From: jo@example.net\r\n\r\nHello\r\n", media_type).status_code == 202


@pytest.mark.parametrize(("name", "value"), [("weight", 40_000), ("port", 2**31)])
def test_it_refuses_numbers_that_no_database_keeps(door: Door, name: str, value: int) -> None:
    Credential.objects.filter(pk=door.credential).update(scopes=["manage"], all_applications=True)
    assert problem(door.post("connections", {name: value})) == (400, "invalid_request", name)
    schema = json.loads(door.client.get("/api/v1/schema").content)
    assert schema["components"]["schemas"]["ConnectionFields"]["properties"][name]["maximum"] < value


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Client().get("/api/v1/schema").content)
    return document


def test_it_describes_a_mailbox_as_text(described: dict[str, Any]) -> None:
    """Generators of clients make of a branch without a type whatever value there is."""
    sender = described["components"]["schemas"]["SendEmail"]["properties"]["from"]
    assert [branch["type"] for branch in sender["anyOf"]] == ["string", "string"]


def test_it_describes_elements_by_schemas(described: dict[str, Any]) -> None:
    """openapi-python-client knows no schema that is true or false."""
    assert not re.search(r'"(items|prefixItems)": (true|false|\[)', json.dumps(described))


def test_it_says_of_every_operation_who_may_call(described: dict[str, Any]) -> None:
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert all("security" in operation for operation in operations)
    assert [one["operationId"] for one in operations if not one["security"]] == ["getProblemKind"]


def test_it_leaves_out_of_bodies_what_generators_would_make_compulsory(described: dict[str, Any]) -> None:
    """openapi-typescript takes what has a default for always there, in requests too."""
    asked = [described["components"]["schemas"][name] for name in ("SendEmail", "LaunchEmail", "Batch", "BatchMessage")]
    assert not [name for schema in asked for name, one in schema["properties"].items() if "default" in one]


def test_it_describes_every_tag(described: dict[str, Any]) -> None:
    used = {tag for path in described["paths"].values() for operation in path.values() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in described["tags"]}
