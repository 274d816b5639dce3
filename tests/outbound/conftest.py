from collections.abc import Iterator

import pytest
from pytest_django import Settings

from email_processor.outbound import mta_sts, mx, resolver
from email_processor.simulator import RunningWorld, running_world
from epm.models import EmailConnection, Zone
from tests import factories
from tests.outbound.internet import Internet, small_internet


@pytest.fixture
def world() -> Iterator[RunningWorld]:
    """A mail world that sends no reports."""
    with running_world(slow_reply=0.3) as world:
        yield world


@pytest.fixture
def way_out(zone: Zone, world: RunningWorld) -> EmailConnection:
    """A connection to the world."""
    return factories.make_connection(zone, server=world.host, port=world.port)


@pytest.fixture
def internet(settings: Settings) -> Iterator[Internet]:
    """Mail servers and a name server."""
    resolver.forget()
    mta_sts.forget()
    mx.forget()
    with small_internet() as internet:
        settings.EPM_DNS_SERVERS = [internet.names.address]
        yield internet
    resolver.forget()
