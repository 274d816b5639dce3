"""A reader of mail that is really killed, at each of its stations."""

import multiprocessing
import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from email_processor.inbound import classifying, intake, matching, receipts
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, Session, State
from notifications.models import Notification
from tests.inbound.reports import report, way_back

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def kill_oneself(*args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_settling(module: Any, name: str) -> None:
    setattr(module, name, kill_oneself)
    intake.classify_due()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (classifying, "read"),  # stored and claimed, and not yet read
        (matching, "match"),  # read, and not yet matched
        (receipts, "schedule_receipts"),  # all is done but the commit
    ],
    ids=["reading", "matching", "committing"],
)
def test_it_loses_nothing_and_does_nothing_twice_when_it_is_killed(
    recipient: Recipient, module: Any, name: str
) -> None:
    intake.take_in(
        report(recipient, "failed"), mail_from="", rcpt_to=way_back(recipient), source=InboundMessage.Source.SMTP
    )
    connections.close_all()  # the child must not share ours
    child = multiprocessing.get_context("fork").Process(target=die_settling, args=(module, name))
    child.start()
    child.join(timeout=20)
    assert (child.exitcode, DeliveryReceipt.objects.count()) == (-signal.SIGKILL, 0)

    InboundMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1))  # its lease runs out
    assert intake.classify_due() == 1
    recipient.refresh_from_db()
    assert recipient.state == State.BOUNCED
    assert (DeliveryReceipt.objects.count(), Notification.objects.count(), Session.objects.count()) == (1, 1, 1)
