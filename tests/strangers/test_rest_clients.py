"""REST clients that others make of the OpenAPI description, used for real.

Each program in clients/ takes the id of a mail that bounced and prints one JSON object: `sent` and `again`, the ids of one mail
asked for twice under one key; of a mail merge, `merged`: an address and a code; of the `bounced` mail its state and its receipt's
action; code and field of a `problem`; how many were `found` and what the cursor is; the `session` launched.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.real_mail import skip_where
from tests.strangers import runtimes
from tests.strangers.platform import Platform
from tests.strangers.test_clients import CLIENTS

pytestmark = pytest.mark.strangers


def made_by_openapi_typescript(description: Path, folder: Path) -> runtimes.Command:
    """Compiled strictly: what the types do not allow fails here."""
    node = runtimes.STRANGERS_IN_NODE
    runtimes.run([str(node / ".bin/openapi-typescript"), str(description), "-o", str(folder / "api.d.ts")], {})
    (folder / "rest.ts").write_text((CLIENTS / "rest.ts").read_text())
    (folder / "node_modules").symlink_to(node)
    strictly = ["--strict", "--noUncheckedIndexedAccess", "--skipLibCheck", "--lib", "es2022,dom"]
    compiled = [*strictly, "--module", "commonjs", "--esModuleInterop", "--target", "es2022", "rest.ts"]
    (folder / "node.d.ts").write_text("declare const process: {env: Record<string, string>; argv: string[]};\n")
    runtimes.run([str(node / ".bin/tsc"), *compiled, "node.d.ts"], {}, folder=folder)
    return runtimes.Command(["node", str(folder / "rest.js")])


def made_by_openapi_python_client(description: Path, folder: Path) -> runtimes.Command:
    generator = runtimes.STRANGERS_IN_PYTHON / "openapi-python-client"
    made = ["--path", str(description), "--meta", "none", "--output-path", str(folder / "made")]
    runtimes.run([str(generator), "generate", *made], {})
    python = str(runtimes.STRANGERS_IN_PYTHON / "python")
    return runtimes.Command([python, str(CLIENTS / "rest_client.py")], {"PYTHONPATH": str(folder)})


@pytest.fixture(
    scope="module",
    params=[
        (made_by_openapi_typescript, runtimes.without_strangers_in_node),
        (made_by_openapi_python_client, runtimes.without_strangers_in_python),
    ],
    ids=lambda param: param[0].__name__.removeprefix("made_by_"),
)
def told(
    request: pytest.FixtureRequest, platform: Platform, bounced: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a client printed."""
    make, missing = request.param
    skip_where(missing())
    folder = tmp_path_factory.mktemp("rest")
    description = folder / "schema.json"
    description.write_bytes(httpx.get(f"{platform.url}/api/v1/schema", timeout=60).content)
    command = make(description, folder)
    variables = {**platform.environment, **command.variables}
    answers: dict[str, Any] = json.loads(runtimes.run([*command.words, bounced], variables))
    return answers


def test_it_sends_once(platform: Platform, told: dict[str, Any]) -> None:
    assert told["sent"] == told["again"]
    assert platform.status(told["sent"])["message"]["subject"] == "Größe"


def test_it_merges(told: dict[str, Any]) -> None:
    assert told["merged"] == ["a@world.example", "invalid_request"]


def test_it_reads_what_became_of_a_mail(told: dict[str, Any]) -> None:
    assert told["bounced"] == ["bounced", "failed"]


def test_it_reads_why_it_was_refused(told: dict[str, Any]) -> None:
    assert told["problem"] == ["sender_not_allowed", "from"]


def test_it_searches(told: dict[str, Any]) -> None:
    assert told["found"] == [1, "string"]


def test_it_launches(told: dict[str, Any]) -> None:
    assert told["session"]
