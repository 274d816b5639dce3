import pytest
from django.test import Client

from epm.models import Credential, EmailConnection
from tests.soap.raw import Caller, basic


@pytest.fixture
def caller(client: Client, connection: EmailConnection, credential: tuple[Credential, str]) -> Caller:
    """A caller of the application `orders`, which has a way out."""
    return Caller(client, basic(credential))


@pytest.fixture
def nobody(client: Client, db: None) -> Caller:
    """A caller without a credential."""
    return Caller(client, "")
