import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from project.demo.instance import free_ports
from tests.inbound.listening import running_listener
from tests.postfix import server


class TakesEverything:
    """A next hop that offers no DSN."""

    async def handle_DATA(self, door: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 2.0.0 taken"


@pytest.fixture
def server_without_dsn() -> Iterator[int]:
    [port] = free_ports(1)
    controller = Controller(TakesEverything(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def postfix(transactional_db: None, server_without_dsn: int) -> Iterator[server.PrivatePostfix]:
    if why := server.missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{why}, and in CI nothing may be skipped")
        pytest.skip(why)
    with (
        tempfile.TemporaryDirectory(prefix="epm-postfix-") as folder,
        running_listener() as listener,
        server.running_postfix(
            Path(folder), reports_to=listener.smtp_port, next_hop_without_dsn=server_without_dsn
        ) as running,
    ):
        yield running
