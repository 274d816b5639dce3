"""How much a worker carries at once, however large the mails are."""

from collections.abc import Collection
from uuid import UUID

import pytest

from email_processor.models import State
from email_processor.outbound import cargo, queue
from email_processor.outbound.cargo import Cargo
from email_processor.outbound.queue import Outgoing
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld
from epm.models import EmailConnection, Zone
from lib.ids import new_id
from tests import factories
from tests.outbound.claimed import make_outgoing


def large(count: int) -> list[Outgoing]:
    return [make_outgoing(size=cargo.MOST) for _ in range(count)]


def of_one_message(count: int, key: UUID) -> list[Outgoing]:
    return [make_outgoing(message_id=key, size=cargo.MOST) for _ in range(count)]


def test_large_mails_go_one_after_the_other() -> None:
    assert Cargo().fitting(large(3)) == 1


def test_a_mail_that_is_larger_than_all_there_may_be_still_goes() -> None:
    assert Cargo().fitting([make_outgoing(size=2 * cargo.MOST)]) == 1


def test_a_message_to_many_counts_once() -> None:
    assert Cargo().fitting(of_one_message(5, new_id())) == 5


def test_what_has_landed_makes_room() -> None:
    aboard, first, second = Cargo(), *large(2)
    aboard.board([first])
    assert aboard.fitting([second]) == 0
    aboard.land(first)
    assert aboard.fitting([second]) == 1


def test_a_message_takes_room_until_its_last_recipient_has_landed() -> None:
    aboard, mails = Cargo(), of_one_message(2, new_id())
    aboard.board(mails)
    aboard.land(mails[0])
    assert aboard.fitting(large(1)) == 0


@pytest.mark.django_db
def test_contents_do_not_pile_up_in_a_worker(
    zone: Zone, way_out: EmailConnection, world: RunningWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cargo, "MOST", 1)
    sizes: list[int] = []
    load = Cargo.load

    def noted(self: Cargo) -> None:
        load(self)
        sizes.append(len(self._contents))

    monkeypatch.setattr(Cargo, "load", noted)
    messages = [factories.make_message(zone, connection=way_out) for _ in range(5)]
    drain(zone.name)
    assert (world.count, max(sizes)) == (5, 1)
    assert {message.recipients.get().state for message in messages} == {State.SENT}


@pytest.mark.django_db
def test_a_content_is_read_once_for_all_recipients(
    zone: Zone, world: RunningWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_at_a_time = factories.make_connection(zone, port=world.port, max_connections=1)
    reads: list[Collection[UUID]] = []
    load_contents = queue.load_contents

    def noted(keys: Collection[UUID]) -> dict[UUID, bytes]:
        reads.append(keys)
        return load_contents(keys)

    monkeypatch.setattr(queue, "load_contents", noted)
    message = factories.make_message(zone, *(f"user{n}@example.net" for n in range(4)), connection=one_at_a_time)
    drain(zone.name)
    assert (world.count, reads) == (4, [{message.pk}])
