from importlib.metadata import EntryPoint, EntryPoints

import pytest
from epm_connector import EmailNotificationConnector, available, base, connector_class


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points as an installation of this package has them, and one that is no connector."""
    found = EntryPoints(
        [
            EntryPoint("email", "epm_connector.email:EmailNotificationConnector", base.GROUP),
            EntryPoint("fax", "builtins:dict", base.GROUP),
        ]
    )
    monkeypatch.setattr(base, "entry_points", found.select)


def test_it_finds_the_connector_of_a_channel() -> None:
    assert connector_class("email") is EmailNotificationConnector


def test_it_lists_the_channels() -> None:
    assert available() == ["email", "fax"]


def test_it_says_what_there_is_where_a_channel_is_missing() -> None:
    with pytest.raises(LookupError, match="email"):
        connector_class("sms")


def test_it_refuses_what_is_no_connector() -> None:
    with pytest.raises(TypeError, match="not a DataConnector"):
        connector_class("fax")
