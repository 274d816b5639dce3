"""The contract as callers know it: an incompatible change of the OpenAPI description fails here.

New addresses, parameters and members of answers are compatible, and the golden file is made anew (EPM_GOLDEN=write). What callers
may have built on does not go away and does not become compulsory within v1 (docs/api.md).
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

GOLDEN = Path(__file__).with_name("openapi.golden.json")


def contract() -> dict[str, Any]:
    """Of every operation: its statuses, query parameters and bodies; of every schema: its members and the compulsory ones."""
    document = json.loads(Client().get("/api/v1/schema").content)
    operations = {
        f"{method.upper()} {path}": _operation(operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    schemas = {name: _members(schema) for name, schema in document["components"]["schemas"].items()}
    return {"operations": operations, "schemas": schemas}


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    asked = operation.get("parameters", [])
    return {
        "answers": sorted(operation["responses"]),
        "parameters": sorted(parameter["name"] for parameter in asked),
        "compulsory": sorted(parameter["name"] for parameter in asked if parameter.get("required")),
    }


def _members(schema: dict[str, Any]) -> dict[str, Any]:
    return {"members": sorted(schema.get("properties", [])), "compulsory": sorted(schema.get("required", []))}


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return contract()


@pytest.fixture(scope="module")
def golden(now: dict[str, Any]) -> dict[str, Any]:
    if os.environ.get("EPM_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n")
    document: dict[str, Any] = json.loads(GOLDEN.read_text())
    return document


def test_no_address_and_no_schema_goes_away(golden: dict[str, Any], now: dict[str, Any]) -> None:
    assert golden["operations"].keys() <= now["operations"].keys()
    assert golden["schemas"].keys() <= now["schemas"].keys()


def test_no_parameter_and_no_member_goes_away(golden: dict[str, Any], now: dict[str, Any]) -> None:
    for name, operation in golden["operations"].items():
        assert set(operation["parameters"]) <= set(now["operations"][name]["parameters"]), name
    for name, schema in golden["schemas"].items():
        assert set(schema["members"]) <= set(now["schemas"][name]["members"]), name


def test_nothing_becomes_compulsory_for_callers(golden: dict[str, Any], now: dict[str, Any]) -> None:
    for name, operation in golden["operations"].items():
        assert set(now["operations"][name]["compulsory"]) <= set(operation["compulsory"]), name
    for name in ("SendEmail", "LaunchEmail", "Batch", "BatchMessage", "Replay", "Suppress"):
        assert set(now["schemas"][name]["compulsory"]) <= set(golden["schemas"][name]["compulsory"]), name


def test_the_golden_file_knows_all_there_is(golden: dict[str, Any], now: dict[str, Any]) -> None:
    assert golden["operations"].keys() == now["operations"].keys()
