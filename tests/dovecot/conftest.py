import smtplib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from email_processor.models import Recipient, State
from epm.models import Application, EmailConnection, Zone
from tests import factories
from tests.dovecot import server
from tests.real_mail import skip_where
from tests.receivers import Receiver, receiver

ORDERS = "orders@example.com"


@pytest.fixture(scope="session")
def provider() -> Iterator[Receiver]:
    """Gives out access tokens, and tells Dovecot whose they are."""
    with receiver() as running:
        yield running


@pytest.fixture(scope="session")
def dovecot(provider: Receiver) -> Iterator[server.PrivateDovecot]:
    skip_where(server.missing())
    with (
        tempfile.TemporaryDirectory(prefix="epm-dovecot-") as folder,
        server.running_dovecot(Path(folder), provider.url) as running,
    ):
        yield running


@pytest.fixture
def deliver(dovecot: server.PrivateDovecot) -> Callable[..., None]:
    """Put mails into a user's mailbox, by LMTP."""

    def deliver(user_name: str, *mails: bytes, sender: str = "") -> None:
        with smtplib.LMTP("127.0.0.1", dovecot.lmtp) as client:
            for mail in mails:
                client.sendmail(sender, [user_name], mail)

    return deliver


@pytest.fixture
def recipient(zone: Zone, application: Application, connection: EmailConnection) -> Recipient:
    message = factories.make_message(zone, application=application, recipient={"state": State.SENT, "due_at": None})
    found: Recipient = message.recipients.get()
    return found


@pytest.fixture
def shop(zone: Zone) -> Application:
    return factories.make_application(zone, "shop", addresses=(ORDERS,))
