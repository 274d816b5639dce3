import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inbound.listening import running_listener
from tests.peers import peer
from tests.real_mail import hop_without_dsn, skip_where


@pytest.fixture
def server(transactional_db: None, make: str) -> Iterator[peer.Peer]:
    """A server of the make that the test is parametrized with."""
    skip_where(peer.missing(make))
    with (
        tempfile.TemporaryDirectory(prefix="epm-peer-") as folder,
        running_listener() as listener,
        hop_without_dsn() as hop,
        peer.running_peer(make, Path(folder), reports_to=listener.smtp_port, next_hop_without_dsn=hop) as running,
    ):
        yield running
