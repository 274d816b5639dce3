"""Mails sent through real mail servers of other makes, and what comes back."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from email_processor.inbound.intake import classify_due
from email_processor.models import DeliveryReceipt, Message, Recipient
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.outbound.submission import Destination, Mailbox, Options, Submission
from project.demo.instance import free_ports
from tests import factories


def skip_where(missing: str) -> None:
    """Skip a test for the reason `missing`, if there is one; in CI it fails instead."""
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{missing}, and in CI nothing may be skipped")
    if missing:
        pytest.skip(missing)


class TakesEverything:
    async def handle_DATA(self, door: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 2.0.0 taken"


@contextmanager
def hop_without_dsn() -> Iterator[int]:
    """The port of a next hop that offers no DSN."""
    [port] = free_ports(1)
    controller = Controller(TakesEverything(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


def send(port: int, *addresses: str, **way_out: Any) -> Message:
    """Through a connection to the server on `port`, asking for every kind of report."""
    zone = factories.make_zone()
    application = factories.make_application(zone)
    factories.make_connection(zone, port=port, **way_out)
    submission = Submission(
        zone=zone,
        application=application,
        credential=None,
        sender=Mailbox("shop@example.com"),
        destinations=tuple(Destination(Mailbox(address)) for address in addresses),
        subject="Through a real server",
        text="Hello",
        options=Options(notify="SUCCESS,FAILURE,DELAY"),
    )
    message = accept(submission).message
    drain(zone.name)
    return message


def receipt_for(recipient: Recipient) -> Callable[[], DeliveryReceipt | None]:
    """A look that settles what is due and answers the recipient's first receipt."""

    def look() -> DeliveryReceipt | None:
        classify_due()
        return DeliveryReceipt.objects.filter(recipient=recipient).first()

    return look
