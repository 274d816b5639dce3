from collections.abc import Iterator

import pytest

from email_processor.simulator import RunningWorld, running_world
from epm.models import EmailConnection, Zone
from tests import factories


@pytest.fixture
def world() -> Iterator[RunningWorld]:
    """A mail world that sends no reports."""
    with running_world(slow_reply=0.3) as world:
        yield world


@pytest.fixture
def way_out(zone: Zone, world: RunningWorld) -> EmailConnection:
    """A connection to the world."""
    return factories.make_connection(zone, server=world.host, port=world.port)
