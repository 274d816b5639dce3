import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.receivers import Received, Reply, receiver
from tests.strangers.platform import Platform, running_platform

TERMS = b"terms and conditions"


@pytest.fixture(scope="package")
def application_url() -> Iterator[str]:
    """An application that runs and is told; under /terms.txt it has a file to attach."""
    with receiver() as application:
        application.script = lambda received: Reply(200, TERMS if _is_asked_for_a_file(received) else b"")
        yield application.url


def _is_asked_for_a_file(received: Received) -> bool:
    return (received.method, received.path) == ("GET", "/terms.txt")


@pytest.fixture(scope="package")
def platform(application_url: str) -> Iterator[Platform]:
    """One for all clients: it sends to the simulated world and takes in what comes back."""
    processes = ("web", "worker", "beat", "listener", "simulator")
    with (
        tempfile.TemporaryDirectory(prefix="epm-strangers-") as folder,
        running_platform(Path(folder), *processes, application_url=application_url) as platform,
    ):
        yield platform


@pytest.fixture(scope="package")
def bounced(platform: Platform) -> str:
    """The id of a mail that came back."""
    return platform.sent_and_settled("unknown@world.example", "bounced")
