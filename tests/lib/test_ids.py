from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from lib.ids import earliest_id, made_at, new_id, new_ids


def test_an_id_is_a_uuid_of_version_7() -> None:
    id = new_id()
    assert (id.version, id.variant) == (7, RFC_4122)


def test_later_ids_sort_later() -> None:
    ids = [*new_ids(5000), new_id(), *new_ids(3)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_many_ids_do_not_run_ahead_of_the_clock() -> None:
    last = [new_id() for _ in range(20_000)][-1]
    assert made_at(last) <= datetime.now(UTC) + timedelta(milliseconds=1)


def test_an_id_says_when_it_was_made() -> None:
    before = datetime.now(UTC)
    id = new_id()
    assert before - timedelta(milliseconds=1) <= made_at(id) <= datetime.now(UTC)
    assert earliest_id(before) <= id
