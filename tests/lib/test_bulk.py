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
