"""A reader of mail that is really killed, at the last line before its commit."""

import multiprocessing
import os
import signal
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from email_processor.inbound import intake, receipts
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, Session, State
from notifications.models import Notification
from tests.inbound.reports import report, way_back

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def kill_oneself(*args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_settling() -> None:
    receipts.schedule_receipts = kill_oneself  # type: ignore[assignment,attr-defined]
    intake.classify_due()


def test_it_loses_nothing_and_does_nothing_twice_when_it_is_killed_halfway(recipient: Recipient) -> None:
    intake.take_in(
        report(recipient, "failed"), mail_from="", rcpt_to=way_back(recipient), source=InboundMessage.Source.SMTP
    )
    connections.close_all()  # the child must not share ours
    child = multiprocessing.get_context("fork").Process(target=die_settling)
    child.start()
    child.join(timeout=20)
    assert (child.exitcode, DeliveryReceipt.objects.count()) == (-signal.SIGKILL, 0)

    InboundMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1))  # its lease runs out
    assert intake.classify_due() == 1
    recipient.refresh_from_db()
    assert recipient.state == State.BOUNCED
    assert (DeliveryReceipt.objects.count(), Notification.objects.count(), Session.objects.count()) == (1, 1, 1)
