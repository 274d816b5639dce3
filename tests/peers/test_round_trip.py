"""Real mails through real servers of other makes, over TLS, and their real reports back through the listener."""

from collections.abc import Callable

import pytest

from email_processor.inbound.intake import classify_due
from email_processor.models import Message
from epm.choices import Transport
from tests.peers.peer import Peer
from tests.real_mail import send
from tests.waiting import eventually

pytestmark = [pytest.mark.peers, pytest.mark.django_db(transaction=True)]

Fates = dict[str, tuple[str, str, str, str]]
"""By address: the recipient's state, and its receipt's action, status and reason; nothing of a receipt where there is none."""

SENT_ON: Fates = {
    "bob@local.test": ("delivered", "delivered", "2.0.0", "delivered"),
    "nouser@local.test": ("failed", "", "", ""),
    "team@local.test": ("delivered", "delivered", "2.0.0", "delivered"),
    "someone@nodsn.test": ("relayed", "relayed", "2.0.0", "relayed"),
    "nobody@refusing.test": ("bounced", "failed", "5.1.1", "user_unknown"),
}
FATES: dict[str, Fates] = {
    # It says 5.0.0 in its report; what the next server answered stands in its text.
    "opensmtpd": SENT_ON,
    "sendmail": {
        **SENT_ON,
        "bob@local.test": ("delivered", "delivered", "2.1.5", "delivered"),
        "someone@slow.test": ("sent", "delayed", "4.4.1", "expired"),
    },
    # Courier tells of an alias that it was relayed: nobody will tell more.
    "courier": {
        **SENT_ON,
        "team@local.test": ("relayed", "relayed", "2.0.0", "relayed"),
        "bøb@nodsn.test": ("relayed", "relayed", "2.0.0", "relayed"),
    },
    # Chasquid knows no DSN, and ends a session after ten errors: those after them are sent all the same.
    "chasquid": {
        **{f"nouser{n}@local.test": ("failed", "", "", "") for n in range(20)},
        "bob@local.test": ("sent", "", "", ""),
        "team@local.test": ("sent", "", "", ""),
    },
}
TLS = {"transport": Transport.STARTTLS, "verify_certificate": False}
WAYS_OUT = {
    "opensmtpd": {},
    "sendmail": TLS,
    "courier": {**TLS, "max_connections": 20},
    "chasquid": {**TLS, "max_connections": 1},
}
"""Debian's OpenSMTPD cannot speak TLS with the OpenSSL beside it. Courier lets in five connections from one address: fewer
than there are mails."""


def fates(message: Message) -> Callable[[], Fates]:
    def look() -> Fates:
        classify_due()
        found: Fates = {}
        for recipient in message.recipients.all():
            told = ("", "", "")
            for receipt in recipient.receipts.order_by("pk"):
                told = receipt.action, receipt.status, receipt.reason
            found[recipient.address] = (recipient.state, *told)
        return found

    return look


@pytest.mark.parametrize("make", FATES)
def test_it_hears_what_became_of_every_recipient(server: Peer, make: str) -> None:
    expected = FATES[make]
    message = send(server.port, *expected, **WAYS_OUT[make])
    look = fates(message)
    eventually(lambda: look() == expected, str(expected), log=lambda: f"{server.log()}\n{look()}")
