from collections.abc import Iterator

import pytest
from epm_connector import EmailNotificationConnector
from stub import Platform, running


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as stub:
        yield stub


@pytest.fixture
def connector(platform: Platform) -> Iterator[EmailNotificationConnector]:
    with EmailNotificationConnector(platform.url, "epm_1", "s3cret", "orders") as connector:
        yield connector


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, in seconds; nobody really waits."""
    waited: list[float] = []
    monkeypatch.setattr("epm_connector.retrying.sleep", waited.append)
    return waited
