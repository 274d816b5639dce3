from datetime import timedelta

import pytest
from django.utils import timezone

from email_processor.models import Event, EventType, Recipient, State
from epm.models import Zone
from lib import bulk
from tests import factories

pytestmark = pytest.mark.django_db

COLUMNS = ("recipient_id", "sequence", "type", "state", "at", "data")


def make_recipient(zone: Zone) -> Recipient:
    recipient: Recipient = factories.make_message(zone).recipients.get()
    return recipient


def test_it_stores_what_the_orm_would(zone: Zone) -> None:
    recipient, at = make_recipient(zone), timezone.now() - timedelta(days=1)
    data = {"why": 'a "word"\twith\\all\nkinds, dömi', "count": 2, "none": None}
    bulk.insert(Event, COLUMNS, [(recipient.pk, 2, EventType.HELD.value, State.HELD.value, at, data)])
    event = recipient.events.get(sequence=2)
    assert (event.type, event.state, event.at, event.data) == ("held", "held", at, data)


def test_what_is_left_out_has_its_default(zone: Zone) -> None:
    recipient = make_recipient(zone)
    bulk.insert(Event, COLUMNS[:-1], [(recipient.pk, 2, "held", "held", timezone.now())])
    assert recipient.events.get(sequence=2).data == {}


def test_nothing_is_nothing() -> None:
    bulk.insert(Event, COLUMNS, [])
    assert not Event.objects.exists()


def test_among_finds_what_in_finds(zone: Zone) -> None:
    recipients = [make_recipient(zone) for _ in range(3)]
    keys = [recipient.pk for recipient in recipients[:2]]
    assert set(Recipient.objects.filter(pk__among=keys)) == set(recipients[:2])
    assert Recipient.objects.filter(message__among=[recipients[2].message_id]).get() == recipients[2]


def test_among_none_is_none(zone: Zone) -> None:
    make_recipient(zone)
    assert not Recipient.objects.filter(pk__among=[]).exists()


def test_equal_values_are_written_each_as_it_is(zone: Zone) -> None:
    recipient, at = make_recipient(zone), timezone.now()
    numbers = [{"count": 1}, {"count": True}, {"count": 1.0}]
    bulk.insert(Event, COLUMNS, [(recipient.pk, 2 + n, "held", "held", at, data) for n, data in enumerate(numbers)])
    stored = recipient.events.filter(sequence__gt=1).values_list("data", flat=True)
    assert [repr(data["count"]) for data in stored] == ["1", "True", "1.0"]


def test_a_large_row_is_stored_among_small_ones(zone: Zone) -> None:
    recipient, at = make_recipient(zone), timezone.now()
    texts = ["a", "b" * 600_000, "c", "d" * 300_000]
    rows = [(recipient.pk, 2 + n, "held", "held", at, {"why": text}) for n, text in enumerate(texts)]
    bulk.insert(Event, COLUMNS, rows)
    assert [event.data.get("why") for event in recipient.events.filter(sequence__gt=1)] == texts
