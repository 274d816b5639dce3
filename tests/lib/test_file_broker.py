import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from lib import file_broker


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    file_broker.register()
    with Connection("filesystem://", transport_options=options) as connection:
        yield connection


def channel_of(connection: Connection) -> Any:
    """A channel as the transport sees it: kombu's types know only what every transport has."""
    return connection.clone().channel()


def take_all(connection: Connection, queue: str) -> Iterator[Any]:
    channel = channel_of(connection)
    while True:
        try:
            yield channel._get(queue)
        except Empty:
            return


def test_it_hands_messages_over_in_the_order_they_were_put(connection: Connection) -> None:
    channel = channel_of(connection)
    for number in range(20):
        channel._put("bell", {"number": number})
    assert [payload["number"] for payload in take_all(connection, "bell")] == list(range(20))


def test_it_never_shows_half_a_message_to_a_reader(connection: Connection) -> None:
    count = 500
    taken: list[Any] = []
    writers = [threading.Thread(target=put_many, args=(connection, count)) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        taken.extend(take_all(connection, "bell"))
    taken.extend(take_all(connection, "bell"))
    assert len(taken) == 2 * count


def put_many(connection: Connection, count: int) -> None:
    channel = channel_of(connection)
    for number in range(count):
        channel._put("bell", {"number": number, "filler": "x" * 2000})


def test_it_gives_a_message_to_one_of_many_readers(connection: Connection) -> None:
    put_many(connection, 300)
    taken: list[Any] = []
    readers = [threading.Thread(target=lambda: taken.extend(take_all(connection, "bell"))) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(taken) == 300


def test_it_keeps_every_binding_when_many_bind_at_once(connection: Connection) -> None:
    names = [f"queue{n}" for n in range(8)]
    threads = [
        threading.Thread(target=lambda name=name: channel_of(connection)._queue_bind("celery", name, "", name))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(binding.queue for binding in channel_of(connection).get_table("celery")) == names
