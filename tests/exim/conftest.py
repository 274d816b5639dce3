import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exim import server
from tests.inbound.listening import running_listener
from tests.real_mail import hop_without_dsn, skip_where


@pytest.fixture
def exim(transactional_db: None) -> Iterator[server.PrivateExim]:
    skip_where(server.missing())
    with (
        tempfile.TemporaryDirectory(prefix="epm-exim-") as folder,
        running_listener() as listener,
        hop_without_dsn() as hop,
        server.running_exim(Path(folder), reports_to=listener.smtp_port, next_hop_without_dsn=hop) as running,
    ):
        yield running
