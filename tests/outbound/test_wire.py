"""Connections that stay open between drains, and what becomes of them."""

import pytest
from celery.signals import worker_process_shutdown
from pytest_django import Settings

from email_processor.models import Recipient, State
from email_processor.outbound import tasks  # noqa: F401 - the worker's way to say goodbye
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld, running_world
from epm.models import EmailConnection, Zone
from tests import factories
from tests.outbound.servers import OddServer, odd_server
from tests.outbound.submissions import make_submission
from tests.waiting import eventually

pytestmark = pytest.mark.django_db


def send(zone: Zone) -> Recipient:
    """A mail of its own, in a drain of its own."""
    recipient = accept(make_submission(zone)).recipients[0]
    drain(zone.name)
    return Recipient.objects.get(pk=recipient.pk)


def is_sent_at_once(recipient: Recipient) -> bool:
    """By its first attempt, and without a word of trouble on the way?"""
    types = list(recipient.events.order_by("sequence").values_list("type", flat=True))
    return (recipient.state, recipient.attempts, types) == (State.SENT, 1, ["accepted", "sent"])


def wait_for_goodbye(server: OddServer) -> None:
    eventually(lambda: "QUIT" in server.heard, "QUIT", log=lambda: str(server.heard))


# --- kept


def test_the_next_drain_finds_the_connection_open(zone: Zone, way_out: EmailConnection, world: RunningWorld) -> None:
    send(zone)
    send(zone)
    assert (world.count, world.connections) == (2, 1)


def test_a_connection_that_changed_is_not_that_connection(
    zone: Zone, way_out: EmailConnection, world: RunningWorld
) -> None:
    send(zone)
    with running_world() as other:
        EmailConnection.objects.update(port=other.port)
        send(zone)
        assert (world.count, other.count) == (1, 1)


# --- closed


def test_what_nobody_needs_is_closed_with_a_goodbye(zone: Zone, settings: Settings) -> None:
    settings.EPM_IDLE_CONNECTION_SECONDS = 0.05
    with odd_server() as server:
        factories.make_connection(zone, port=server.port)
        send(zone)
        wait_for_goodbye(server)


def test_a_worker_process_that_ends_says_goodbye(zone: Zone) -> None:
    with odd_server() as server:
        factories.make_connection(zone, port=server.port)
        send(zone)
        worker_process_shutdown.send(sender=None, pid=0, exitcode=0)
        wait_for_goodbye(server)


# --- dead


@pytest.mark.parametrize("answer", [b"421 4.3.2 too late\r\n", None])
def test_a_server_that_gave_up_the_connection_costs_no_attempt(zone: Zone, answer: bytes | None) -> None:
    fine = b"250 2.0.0 fine\r\n"
    with odd_server(MAIL=[fine, answer, fine]) as server:
        factories.make_connection(zone, port=server.port)
        send(zone)
        assert is_sent_at_once(send(zone))
        assert server.connections == 2


@pytest.mark.parametrize("word", [b"421 4.3.2 Going down\r\n", b"250 2.0.0 Taken, as I said\r\n", b"Hello?\r\n"])
def test_a_connection_on_which_the_server_spoke_unasked_is_left(zone: Zone, word: bytes) -> None:
    with odd_server(CONTENT=[b"250 2.0.0 Taken\r\n" + word, b"250 2.0.0 fine\r\n"]) as server:
        factories.make_connection(zone, port=server.port)
        send(zone)
        assert is_sent_at_once(send(zone))
        assert server.connections == 2


def test_a_server_that_restarts_between_drains_costs_no_attempt(zone: Zone) -> None:
    with running_world() as before:
        factories.make_connection(zone, port=before.port)
        send(zone)
    with running_world(port=before.port) as after:
        assert is_sent_at_once(send(zone))
        assert after.count == 1


def test_a_server_that_is_gone_is_trouble_as_ever(zone: Zone) -> None:
    with running_world() as before:
        factories.make_connection(zone, port=before.port)
        send(zone)
    assert send(zone).state == State.DEFERRED
