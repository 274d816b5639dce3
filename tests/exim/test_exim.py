"""Real mails through a real Exim, and its real reports back through the listener."""

import pytest

from email_processor.inbound.intake import classify_due
from email_processor.models import State
from tests.exim.server import PrivateExim
from tests.real_mail import receipt_for, send
from tests.waiting import eventually

pytestmark = [pytest.mark.exim, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("address", "action", "state", "status"),
    [
        ("bob@local.test", "delivered", State.DELIVERED, "2.0.0"),
        ("bøb@local.test", "delivered", State.DELIVERED, "2.0.0"),
        ("team@alias.test", "delivered", State.DELIVERED, "2.0.0"),
        # Exim calls that delivered, and says in its notice that the next server makes no reports.
        ("someone@nodsn.test", "relayed", State.RELAYED, "2.0.0"),
        # Exim says 5.0.0 of both; what it told itself stands in its notice, what the next server answered in Diagnostic-Code.
        ("nobody@local.test", "failed", State.BOUNCED, "5.1.1"),
        ("nobody@refusing.test", "failed", State.BOUNCED, "5.1.1"),
        ("someone@slow.test", "delayed", State.SENT, "4.0.0"),
    ],
)
def test_it_gets_a_genuine_report(exim: PrivateExim, address: str, action: str, state: State, status: str) -> None:
    recipient = send(exim.port, address).recipients.get()
    receipt = eventually(receipt_for(recipient), f"a report on {address}", log=exim.log)
    recipient.refresh_from_db()
    assert (receipt.action, receipt.status, recipient.state) == (action, status, state)
    assert (receipt.matched_by, receipt.applied) == ("return_path", True)


@pytest.mark.parametrize("address", ["nobody@local.test", "nobody@refusing.test"])
def test_it_knows_the_reason_behind_a_code_that_says_nothing(exim: PrivateExim, address: str) -> None:
    recipient = send(exim.port, address).recipients.get()
    assert eventually(receipt_for(recipient), f"a report on {address}", log=exim.log).reason == "user_unknown"


def test_it_tells_the_fates_of_one_mail_apart(exim: PrivateExim) -> None:
    message = send(exim.port, "bob@local.test", "nobody@local.test")

    def states() -> set[str] | None:
        classify_due()
        found = set(message.recipients.values_list("state", flat=True))
        return found if found == {State.DELIVERED, State.BOUNCED} else None

    assert eventually(states, "both reports", log=exim.log)
