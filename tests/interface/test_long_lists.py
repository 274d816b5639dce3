"""Lists beside so many rows that no page can look at all of them."""

from typing import Any

import pytest
from django.utils import timezone

from app_interface import pages
from app_interface.operations import searching
from email_processor.models import Message, Recipient, State
from epm.models import Application, Zone
from lib.ids import new_id
from notifications import reading
from notifications.publishing import News, publish
from tests import factories
from tests.interface.conftest import Door
from tests.interface.test_lists_by_cursor import addresses, listed
from tests.interface.test_status import message

__all__ = ["message"]


@pytest.fixture
def ten(zone: Zone, application: Application) -> list[Message]:
    """u0 to u9, every other to the same address, the oldest and the newest sent."""
    messages = [
        factories.make_message(zone, "same@example.net" if n % 2 else f"u{n}@example.net", application=application)
        for n in range(10)
    ]
    for n in (0, 1, 9):
        Recipient.objects.filter(message=messages[n]).update(state=State.SENT, due_at=None)
    return messages


@pytest.fixture(autouse=True)
def looks_at_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LOOKED_AT", 3)


def all_pages(door: Door, **query: Any) -> list[list[str]]:
    found, cursor = list[list[str]](), None
    while cursor is not None or not found:
        page = listed(door, "emails", limit=2, **query, **({"cursor": cursor} if cursor else {}))
        found.append(addresses(page))
        cursor = page["next"]
    return found


def together(found: list[list[str]]) -> list[str]:
    return [address for page in found for address in page]


def test_a_page_ends_where_it_has_looked_enough_and_the_next_goes_on(door: Door, ten: list[Message]) -> None:
    found = all_pages(door, state="sent")
    assert together(found) == ["same@example.net", "same@example.net", "u0@example.net"]
    assert [] in found


def test_what_is_found_along_its_index_needs_no_looking(door: Door, ten: list[Message]) -> None:
    Recipient.objects.filter(message=ten[0]).update(state=State.BOUNCED)
    assert all_pages(door, state="bounced") == [["u0@example.net"]]


def test_an_address_and_a_state_are_found_together(door: Door, ten: list[Message]) -> None:
    assert together(all_pages(door, recipient="same@example.net", state="sent")) == ["same@example.net"] * 2


@pytest.mark.parametrize("few", [0, 1000])
def test_many_mails_of_one_ucid_are_found_as_few_are(
    door: Door, ten: list[Message], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_FEW", few)
    Message.objects.filter(pk__in=[ten[2].pk, ten[0].pk]).update(ucid="robot")
    assert together(all_pages(door, ucid="robot")) == ["u2@example.net", "u0@example.net"]
    assert together(all_pages(door, ucid="robot", state="sent")) == ["u0@example.net"]


def test_nobody_is_shown_where_the_mails_of_others_are(
    door: Door, zone: Zone, ten: list[Message], application: Application
) -> None:
    other = factories.make_application(zone, "other")
    for _ in range(5):
        factories.make_message(zone, "same@example.net", application=other)
    theirs = {str(key) for key in Recipient.objects.filter(application=other).values_list("pk", flat=True)}
    page = listed(door, "emails", recipient="same@example.net", limit=2)
    assert page["next"] not in theirs
    assert together(all_pages(door, recipient="same@example.net")) == ["same@example.net"] * 5


@pytest.mark.parametrize("few", [0, 1000])
def test_receipts_of_an_address_are_found_however_many_mails_it_got(
    door: Door, message: Message, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_FEW", few)
    [receipt] = listed(door, "receipts", recipient="jo@example.net")["receipts"]
    assert receipt["message_id"] == str(message.pk)
    assert listed(door, "receipts", recipient="sam@example.net")["receipts"] == []


@pytest.mark.django_db(transaction=True)
def test_events_of_one_type_are_read_on_from_where_one_looked(
    door: Door, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LOOKED_AT", 3)
    for number in range(10):
        type = "email.failed" if number in (0, 9) else "email.sent"
        publish([News(application, type, new_id(), 1, timezone.now(), {"number": number})])
    found, after = list[int](), ""
    for _ in range(10):
        page = listed(door, "events", type="email.failed", after=after)
        found += [event["number"] for event in page["events"]]
        after = page["next"]
    assert found == [0, 9]
