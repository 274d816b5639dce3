from collections.abc import Iterator

import pytest

from email_processor.simulator import RunningWorld, running_world
from tests.simulator.tools import Client


@pytest.fixture
def home() -> Iterator[RunningWorld]:
    """Where reports come home: a second world, which takes whatever it is sent."""
    with running_world() as world:
        yield world


@pytest.fixture
def world(home: RunningWorld) -> Iterator[RunningWorld]:
    with running_world(
        report_to=(home.host, home.port), short_wait=0.05, long_wait=0.15, slow_reply=0.1, retry_pause=0.01
    ) as world:
        yield world


@pytest.fixture
def client(world: RunningWorld) -> Client:
    return Client(world)
