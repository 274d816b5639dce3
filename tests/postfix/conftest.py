import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from email_processor.inbound.listener import Listener
from tests.inbound.listening import running_listener
from tests.postfix import server
from tests.real_mail import hop_without_dsn, skip_where


@pytest.fixture
def postfix(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[server.PrivatePostfix]:
    """It hands its reports over by SMTP, or by LMTP where a test parametrizes it with "lmtp"."""
    skip_where(server.missing())
    protocol = getattr(request, "param", "smtp")
    with (
        tempfile.TemporaryDirectory(prefix="epm-postfix-") as folder,
        running_listener() as listener,
        hop_without_dsn() as hop,
        server.running_postfix(
            Path(folder), reports_to=_address(listener, protocol), next_hop_without_dsn=hop
        ) as running,
    ):
        yield running


def _address(listener: Listener, protocol: str) -> str:
    """As Postfix's table of transports wants it."""
    if protocol == "lmtp":
        return f"lmtp:inet:[127.0.0.1]:{listener.lmtp_port}"
    return f"smtp:[127.0.0.1]:{listener.smtp_port}"
