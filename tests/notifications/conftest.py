from collections.abc import Iterator

import pytest

from epm.models import Application
from tests.receivers import Receiver, receiver


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def listener(application: Application, server: Receiver) -> Application:
    """An application whose Notification URL is the receiver."""
    application.notification_url = f"{server.url}/notify"
    application.save()
    return application
