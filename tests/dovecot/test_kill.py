"""A poller that is really killed, after the commit and before the mail is deleted from its mailbox."""

import multiprocessing
import os
import signal
from collections.abc import Callable

import pytest
from django.db import connections

from email_processor.inbound import intake
from email_processor.inbound.mailbox.imap import ImapBox
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, State
from epm.models import Mailbox, Zone
from tests.dovecot.server import PrivateDovecot
from tests.inbound.mailboxes import look_into, make_mailbox
from tests.inbound.reports import report

pytestmark = [pytest.mark.dovecot, pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def kill_oneself(*args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_disposing(mailbox: Mailbox) -> None:
    ImapBox.dispose = kill_oneself  # type: ignore[method-assign,assignment]
    look_into(mailbox)


def test_it_takes_a_report_once_though_its_poller_is_killed(
    zone: Zone, dovecot: PrivateDovecot, deliver: Callable[..., None], recipient: Recipient
) -> None:
    mailbox = make_mailbox(zone, "killed", port=dovecot.imap)
    deliver(mailbox.user_name, report(recipient, "failed"))
    connections.close_all()  # the child must not share ours
    child = multiprocessing.get_context("fork").Process(target=die_disposing, args=(mailbox,))
    child.start()
    child.join(timeout=20)
    assert (child.exitcode, InboundMessage.objects.count()) == (-signal.SIGKILL, 1)

    assert look_into(mailbox).problem == ""
    intake.classify_due()
    recipient.refresh_from_db()
    assert (recipient.state, InboundMessage.objects.count(), DeliveryReceipt.objects.count()) == (State.BOUNCED, 1, 1)
