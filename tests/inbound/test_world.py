"""Reports that the simulated world writes, over real sockets, all the way to their recipients."""

import smtplib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from email_processor.inbound import intake
from email_processor.models import DeliveryReceipt, InboundMessage, Recipient, State
from email_processor.simulator import running_world
from email_processor.simulator.world import RunningWorld
from epm.models import Application, EmailConnection
from tests import factories
from tests.inbound.listening import running_listener
from tests.inbound.reports import way_back

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def arrivals(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts the mails that are taken in."""
    count, keep = threading.Semaphore(0), intake.keep

    def keep_and_count(mails: Any) -> Any:
        rows = keep(mails)
        count.release(len(mails))
        return rows

    monkeypatch.setattr(intake, "keep", keep_and_count)
    return count


@pytest.fixture
def world(connection: EmailConnection, arrivals: threading.Semaphore) -> Iterator[RunningWorld]:
    with (
        running_listener() as listener,
        running_world(report_to=("127.0.0.1", listener.smtp_port), short_wait=0, long_wait=0) as running,
    ):
        yield running


@pytest.fixture
def send(world: RunningWorld, application: Application, arrivals: threading.Semaphore) -> Callable[..., Recipient]:
    """Send a mail to an address of the world, wait for so many mails to come back, and settle them."""

    def send(local: str, answers: int) -> Recipient:
        row = {"state": State.SENT, "due_at": None, "attempts": 1}
        message = factories.make_message(application.zone, f"{local}@a.example", application=application, recipient=row)
        recipient: Recipient = message.recipients.get()
        with smtplib.SMTP("127.0.0.1", world.port, timeout=10) as client:
            client.ehlo("tests.example")
            options = ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{recipient.address}"]
            mime = bytes(message.content.mime)
            client.sendmail(way_back(recipient), [recipient.address], mime, [f"ENVID={message.envid}"], options)
        for _ in range(answers):
            assert arrivals.acquire(timeout=10)
        intake.classify_due()
        recipient.refresh_from_db()
        return recipient

    return send


@pytest.mark.parametrize(
    ("local", "answers", "expected", "events"),
    [
        ("delivered", 1, State.DELIVERED, ["delivered"]),
        ("bounce", 1, State.BOUNCED, ["bounced"]),
        ("full", 1, State.BOUNCED, ["bounced"]),
        ("relayed", 1, State.RELAYED, ["relayed"]),
        ("exim-style", 1, State.BOUNCED, ["bounced"]),
        ("postfix-style", 1, State.BOUNCED, ["bounced"]),
        ("qmail-style", 1, State.BOUNCED, ["bounced"]),
        ("exchange-style", 1, State.BOUNCED, ["bounced"]),
        ("sendmail-style", 1, State.BOUNCED, ["bounced"]),
    ],
)
def test_it_hears_what_became_of_a_mail(
    send: Callable[..., Recipient], local: str, answers: int, expected: State, events: list[str]
) -> None:
    recipient = send(local, answers)
    assert recipient.state == expected
    assert list(recipient.events.values_list("type", flat=True)) == ["accepted", *events]


def test_it_hears_of_the_members_of_a_list(send: Callable[..., Recipient]) -> None:
    recipient = send("expanded", 2)
    assert recipient.state == State.DELIVERED
    assert recipient.events.filter(type="expanded").exists()
    assert set(DeliveryReceipt.objects.values_list("action", flat=True)) == {"expanded", "delivered"}


def test_it_takes_an_automatic_answer_for_no_receipt(send: Callable[..., Recipient]) -> None:
    recipient = send("vacation", 2)
    assert recipient.state == State.DELIVERED
    assert set(InboundMessage.objects.values_list("kind", flat=True)) == {"delivery_report", "auto_reply"}
