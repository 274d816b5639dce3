"""The same calls by eight SOAP clients of others, in SOAP 1.1, SOAP 1.2 and, where they can, with MTOM and UsernameTokens.

Each is a program in clients/ that takes a way ("1.1", "1.2", "mtom", "token", "digest"), the id of a mail that bounced and the
URL of a file. It prints one JSON object: `sent` and `accepted`, the ids of a plain mail and of one with all there is; the
`addresses` of the latter and whether each was `cancelled`; of the `bounced` mail the state, the code, and the receipt's action,
status and whether it was applied; the `session` launched; code, field and retryable of a `problem`; the names of the `queues`.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.real_mail import skip_where
from tests.strangers import runtimes
from tests.strangers.conftest import TERMS
from tests.strangers.platform import Platform
from tests.strangers.runtimes import Command

pytestmark = pytest.mark.strangers
CLIENTS = Path(__file__).with_name("clients")


def zeep(platform: Platform, folder: Path) -> Command:
    return Command([sys.executable, str(CLIENTS / "client.py")])


def node_soap(platform: Platform, folder: Path) -> Command:
    return Command(["node", str(CLIENTS / "client.js")], {"NODE_PATH": str(runtimes.NODE_MODULES)})


def php(platform: Platform, folder: Path) -> Command:
    return Command(["php", str(CLIENTS / "client.php")])


def jax_ws(platform: Platform, folder: Path) -> Command:
    """Compiled with what wsimport makes of the WSDL."""
    made = ["wsimport", "-quiet", "-Xnocompile", "-extension", "-s", str(folder), "-p", "epm"]
    runtimes.run([*made, f"{platform.url}/soap/AppIntfWS?wsdl"], {})
    sources = [str(path) for path in sorted((folder / "epm").iterdir())]
    compiled = ["javac", "-encoding", "UTF-8", "-nowarn", "-d", str(folder), "-cp", str(runtimes.JAX_WS)]
    runtimes.run([*compiled, *sources, str(CLIENTS / "Client.java")], {})
    return Command(["java", "-cp", f"{folder}:{runtimes.JAX_WS}", "Client"])


def gsoap(platform: Platform, folder: Path) -> Command:
    """Compiled with what wsdl2h and soapcpp2 make of the WSDL."""
    header, program = str(folder / "epm.h"), str(folder / "client")
    runtimes.run(["wsdl2h", "-c", "-o", header, f"{platform.url}/soap/AppIntfWS?wsdl"], {})
    runtimes.run(["soapcpp2", "-c", "-C", "-L", "-x", "-I/usr/share/gsoap/import", "-d", str(folder), header], {})
    sources = [str(CLIENTS / "gsoap.c"), str(folder / "soapC.c"), str(folder / "soapClient.c")]
    runtimes.run(["gcc", "-w", "-I", str(folder), "-o", program, *sources, "-lgsoap"], {})
    return Command([program])


def soap_lite(platform: Platform, folder: Path) -> Command:
    return Command(["perl", str(CLIENTS / "soap-lite.pl")])


def strong_soap(platform: Platform, folder: Path) -> Command:
    return Command(["node", str(CLIENTS / "strong-soap.js")], {"NODE_PATH": str(runtimes.STRANGERS_IN_NODE)})


def suds(platform: Platform, folder: Path) -> Command:
    return Command([str(runtimes.STRANGERS_IN_PYTHON / "python"), str(CLIENTS / "suds_client.py")])


@dataclass(frozen=True, slots=True)
class Client:
    make: Callable[[Platform, Path], Command]
    missing: Callable[[], str]
    ways: tuple[str, ...] = ("1.1", "1.2")


ALL = (
    Client(zeep, lambda: "", ("1.1", "1.2", "token", "digest")),
    Client(node_soap, runtimes.without_node, ("1.1", "1.2", "mtom", "token", "digest")),
    Client(php, runtimes.without_php),
    Client(jax_ws, runtimes.without_java, ("1.1", "1.2", "mtom")),
    Client(gsoap, runtimes.without_gsoap, ("1.1", "1.2", "mtom")),
    Client(soap_lite, runtimes.without_soap_lite),
    Client(strong_soap, runtimes.without_strangers_in_node, ("1.1", "1.2", "token", "digest")),
    Client(suds, runtimes.without_strangers_in_python, ("1.1", "1.2", "token")),
)
CALLS = {f"{client.make.__name__}-{way}": (client, way) for client in ALL for way in client.ways}


@pytest.fixture(scope="module")
def command_of(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Client], Command]:
    """Each client is made once."""
    return cache(lambda client: client.make(platform, tmp_path_factory.mktemp("client")))


@pytest.fixture(scope="module", params=CALLS)
def told(
    request: pytest.FixtureRequest,
    platform: Platform,
    application_url: str,
    bounced: str,
    command_of: Callable[[Client], Command],
) -> dict[str, Any]:
    """What a client printed."""
    client, way = CALLS[request.param]
    skip_where(client.missing())
    command = command_of(client)
    asked = [*command.words, way, bounced, f"{application_url}/terms.txt"]
    answers: dict[str, Any] = json.loads(runtimes.run(asked, {**platform.environment, **command.variables}))
    return answers


def test_it_sends(platform: Platform, told: dict[str, Any]) -> None:
    message = platform.status(told["sent"])["message"]
    assert (message["from"], message["subject"]) == ("Shop <shop@example.com>", "Plain")


def test_it_reads_lists(told: dict[str, Any]) -> None:
    assert told["addresses"] == ["delivered@world.example", "unknown@world.example", "cc@world.example"]


def test_it_hands_over_everything(platform: Platform, told: dict[str, Any]) -> None:
    status = platform.status(told["accepted"])
    message, recipients = status["message"], status["recipients"]
    assert (message["subject"], message["ucid"], message["caller_session_id"]) == ("Größe – 5 €", "u-1", "s-1")
    assert (message["tag"], message["metadata"]) == (["one", "two"], {"order": "17"})
    assert [(one["name"], one["kind"]) for one in recipients] == [("Doe, Jo", "to"), ("", "to"), ("", "cc")]


def test_it_attaches_by_content_and_by_url(platform: Platform, told: dict[str, Any]) -> None:
    attached = platform.status(told["accepted"])["message"]["attachments"]
    assert {(file["file_name"], file["size"]) for file in attached} == {("a.bin", 3), ("terms.txt", len(TERMS))}


def test_it_cancels(told: dict[str, Any]) -> None:
    assert told["cancelled"] == [True, True, True]


def test_it_reads_what_became_of_a_mail(told: dict[str, Any]) -> None:
    assert told["bounced"] == ["bounced", 250, "failed", "5.1.1", True]


def test_it_launches(platform: Platform, told: dict[str, Any]) -> None:
    assert told["session"]


def test_it_reads_why_it_was_refused(told: dict[str, Any]) -> None:
    assert told["problem"] == ["sender_not_allowed", "from", False]


def test_it_reads_how_the_platform_is_doing(told: dict[str, Any]) -> None:
    assert told["queues"] == ["send", "notify"]
