from collections.abc import Iterator

import pytest

from epm.models import Application, EmailConnection, Zone
from tests.factories import make_application
from tests.receivers import Receiver, receiver


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def greeter(zone: Zone, connection: EmailConnection, server: Receiver) -> Application:
    """An application whose application URL is the receiver, and that can send."""
    return make_application(zone, "greeter", ("hello@example.com",), application_url=f"{server.url}/greeter")
