import pytest

from email_processor.models import Recipient, State
from epm.models import Application
from tests import factories


@pytest.fixture
def recipient(application: Application) -> Recipient:
    """A recipient whose mail the email server has taken."""
    message = factories.make_message(
        application.zone,
        "someone@example.net",
        application=application,
        recipient={"state": State.SENT, "due_at": None, "attempts": 1},
    )
    found: Recipient = message.recipients.get()
    return found
