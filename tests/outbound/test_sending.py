import pytest

from email_processor.models import Recipient, State
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import Application, EmailConnection, Zone
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db


def sent_to(zone: Zone, address: str, application: Application | None = None, **options: object) -> Recipient:
    """The one recipient of a mail that was accepted and drained."""
    accepted = accept(make_submission(zone, address, application=application, options=options))
    drain(zone.name)
    recipient = accepted.recipients[0]
    recipient.refresh_from_db()
    return recipient


def test_it_sends_what_was_accepted(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    recipient = sent_to(zone, "ann@example.net")
    assert recipient.state == State.SENT
    assert world.count == 1
