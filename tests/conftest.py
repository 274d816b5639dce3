from collections.abc import Iterator

import pytest
from pytest_django import Settings

from email_processor.outbound import pool
from epm.models import Application, Credential, EmailConnection, Zone
from lib import briefly
from tests import factories


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    """A good password hash takes its time on purpose; tests log in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_connection_left_open() -> Iterator[None]:
    """The servers of a test go with it."""
    yield
    pool.hang_up()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Another test's rows are not this one's."""
    briefly.forget()


@pytest.fixture
def zone(db: None) -> Zone:
    return factories.make_zone()


@pytest.fixture
def connection(zone: Zone) -> EmailConnection:
    return factories.make_connection(zone)


@pytest.fixture
def application(zone: Zone) -> Application:
    return factories.make_application(zone)


@pytest.fixture
def credential(zone: Zone, application: Application) -> tuple[Credential, str]:
    """A credential for `application` alone, and its secret."""
    return factories.make_credential(zone, application)
