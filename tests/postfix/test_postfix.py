"""Real mails through a real Postfix, and its real reports back through the listener."""

import pytest

from email_processor.inbound.intake import classify_due
from email_processor.models import State
from tests.postfix.server import PrivatePostfix
from tests.real_mail import receipt_for, send
from tests.waiting import eventually

pytestmark = [pytest.mark.postfix, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("address", "action", "state", "status"),
    [
        ("bob@local.test", "delivered", State.DELIVERED, "2.0.0"),
        ("bøb@local.test", "delivered", State.DELIVERED, "2.0.0"),
        ("nobody@local.test", "failed", State.BOUNCED, "5.1.1"),
        ("someone@nodsn.test", "relayed", State.RELAYED, "2.0.0"),
        ("someone@slow.test", "delayed", State.SENT, "4.4.1"),
    ],
)
def test_it_gets_a_genuine_report(
    postfix: PrivatePostfix, address: str, action: str, state: State, status: str
) -> None:
    recipient = send(postfix.port, address).recipients.get()
    receipt = eventually(receipt_for(recipient), f"a report on {address}", log=postfix.log)
    recipient.refresh_from_db()
    assert (receipt.action, receipt.status, recipient.state) == (action, status, state)
    assert (receipt.matched_by, receipt.applied) == ("return_path", True)


@pytest.mark.parametrize("postfix", ["lmtp"], indirect=True)
def test_it_takes_a_genuine_report_by_lmtp(postfix: PrivatePostfix) -> None:
    recipient = send(postfix.port, "nobody@local.test").recipients.get()
    receipt = eventually(receipt_for(recipient), "a report by LMTP", log=postfix.log)
    assert (receipt.action, receipt.inbound.source) == ("failed", "lmtp")


def test_it_hears_that_an_alias_was_expanded(postfix: PrivatePostfix) -> None:
    recipient = send(postfix.port, "team@alias.test").recipients.get()
    receipt = eventually(receipt_for(recipient), "a report on the alias", log=postfix.log)
    recipient.refresh_from_db()
    assert (receipt.action, recipient.state) == ("expanded", State.SENT)


def test_it_tells_the_fates_of_one_mail_apart(postfix: PrivatePostfix) -> None:
    message = send(postfix.port, "bob@local.test", "nobody@local.test")

    def states() -> set[str] | None:
        classify_due()
        found = set(message.recipients.values_list("state", flat=True))
        return found if found == {State.DELIVERED, State.BOUNCED} else None

    assert eventually(states, "both reports", log=postfix.log)


def test_what_is_refused_after_the_final_dot_spoils_no_other_mail(postfix: PrivatePostfix) -> None:
    addresses = ["bob@local.test", "late@local.test", "rob@local.test", "tom@local.test"]
    recipients = send(postfix.port, *addresses, max_connections=1).recipients
    assert {r.address for r in recipients.filter(state=State.FAILED)} == {"late@local.test"}
    assert recipients.exclude(state=State.FAILED).count() == 3
