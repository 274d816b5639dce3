from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from email_processor.models import Message, Recipient, State
from epm.models import Application, Credential, EmailConnection, Zone
from tests import factories
from tests.interface.conftest import Door, problem
from tests.interface.test_status import message

__all__ = ["message"]


def listed(door: Door, path: str, **query: Any) -> Any:
    answer = door.get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def addresses(page: Any) -> list[str]:
    return [email["address"] for email in page["emails"]]


@pytest.fixture
def five(zone: Zone, application: Application) -> list[Message]:
    return [factories.make_message(zone, f"u{n}@example.net", application=application) for n in range(5)]


def test_it_pages_from_the_newest_to_the_oldest(door: Door, five: list[Message]) -> None:
    first = listed(door, "emails", limit=2)
    second = listed(door, "emails", limit=2, cursor=first["next"])
    third = listed(door, "emails", limit=2, cursor=second["next"])
    pages = [addresses(page) for page in (first, second, third)]
    assert pages == [["u4@example.net", "u3@example.net"], ["u2@example.net", "u1@example.net"], ["u0@example.net"]]
    assert third["next"] is None


def test_it_finds_by_recipient_state_application_ucid_and_time(door: Door, five: list[Message]) -> None:
    Recipient.objects.filter(address="u1@example.net").update(state=State.FAILED, due_at=None)
    Message.objects.filter(pk=five[2].pk).update(ucid="call-2")
    assert addresses(listed(door, "emails", recipient="u3@EXAMPLE.net")) == ["u3@example.net"]
    assert addresses(listed(door, "emails", state="failed")) == ["u1@example.net"]
    assert len(addresses(listed(door, "emails", state="queued", application="main:orders"))) == 4
    assert addresses(listed(door, "emails", ucid="call-2")) == ["u2@example.net"]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert addresses(listed(door, "emails", since=later)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
        ("since=yesterday", "since"),
        ("state=lost", "state"),
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
        ("ucid=%00", "ucid"),
    ],
)
def test_it_refuses_a_query_it_cannot_honour(door: Door, query: str, field: str) -> None:
    assert problem(door.get(f"emails?{query}")) == (400, "invalid_request", field)


def test_another_channel_finds_what_it_sent_itself(zone: Zone, five: list[Message]) -> None:
    sender, secret = factories.make_credential(zone, channel="voice")
    factories.make_message(zone, "mine@example.net", credential=sender)
    assert addresses(listed(Door(sender.pk, secret), "emails")) == ["mine@example.net"]


def test_it_lists_receipts(door: Door, message: Message) -> None:
    page = listed(door, "receipts", recipient="jo@example.net")
    assert [(r["message_id"], r["action"]) for r in page["receipts"]] == [(str(message.pk), "failed")]
    assert listed(door, "receipts", recipient="sam@example.net")["receipts"] == []


def test_it_cancels_what_is_unsent_and_says_what_was_too_late(door: Door, message: Message) -> None:
    jo, sam = door.post(f"emails/{message.pk}/cancel", {}).json()["recipients"]
    assert (jo["cancelled"], jo["state"], jo["why"]) == (False, "bounced", "too late: bounced cannot become cancelled")
    assert (sam["cancelled"], sam["state"]) == (True, "cancelled")
    assert Recipient.objects.get(address="sam@example.net").due_at is None
    again = door.post(f"emails/{message.pk}/cancel", {}).json()
    assert again["recipients"][1] == sam


def test_what_is_just_being_sent_is_taken_back_if_that_is_in_time(door: Door, message: Message) -> None:
    Recipient.objects.filter(address="sam@example.net").update(state="sending")
    sam = door.post(f"emails/{message.pk}/cancel", {}).json()["recipients"][1]
    assert (sam["cancelled"], sam["state"], sam["why"]) == (
        False,
        "sending",
        "on the wire; it is taken back unless its content has begun to leave",
    )


def test_only_who_may_send_may_cancel(zone: Zone, application: Application, message: Message) -> None:
    row, secret = factories.make_credential(zone, application, scopes=["read"])
    assert problem(Door(row.pk, secret).post(f"emails/{message.pk}/cancel", {}))[:2] == (403, "not_permitted")


def test_it_suppresses_lists_and_lifts(door: Door, connection: EmailConnection) -> None:
    entry = door.post("suppressions", {"address": "Jo@Example.net", "application": "orders", "reason": "asked"}).json()
    assert problem(door.send())[1] == "all_suppressed"
    [listed_entry] = listed(door, "suppressions", address="jo@example.net")["suppressions"]
    assert listed_entry == entry
    assert door.client.delete(f"/api/v1/suppressions/{entry['id']}", headers=door._headers({})).status_code == 204
    assert door.send().status_code == 202


def test_the_whole_zone_is_for_a_credential_of_all_applications(
    door: Door, zone: Zone, credential: tuple[Credential, str]
) -> None:
    assert problem(door.post("suppressions", {"address": "jo@example.net"}))[:2] == (403, "not_permitted")
    row, secret = factories.make_credential(zone, all_applications=True)
    assert Door(row.pk, secret).post("suppressions", {"address": "jo@example.net"}).json()["application"] is None


def test_it_takes_in_a_mail(zone: Zone) -> None:
    row, secret = factories.make_credential(zone, scopes=["manage"], all_applications=True)
    door, raw = Door(row.pk, secret), b"From: a@example.net\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n"
    path = "inbound?rcptTo=orders@example.com&mailFrom=a@example.net"
    first = door.raw(path, raw, "message/rfc822")
    assert (first.status_code, door.raw(path, raw, "message/rfc822").json()) == (202, first.json())
    assert problem(door.raw(path, raw))[:2] == (415, "unsupported_media")
    assert problem(door.raw("inbound", raw, "message/rfc822")) == (400, "invalid_request", "rcptTo")


def test_it_says_how_the_platform_is_doing(door: Door, five: list[Message]) -> None:
    said = door.get("status").json()
    assert (said["counters"]["accepted"], said["counters"]["queued"]) == (5, 5)
    assert [(queue["name"], queue["depth"]) for queue in said["queues"]] == [("send", 5), ("notify", 0)]
    assert [processor["state"] for processor in said["processors"]] == ["not_running"]


@pytest.mark.parametrize(
    "path", ["emails?ucid=nobodys", "emails?ucid=nobodys&state=sent", "receipts?recipient=nobody@example.net"]
)
def test_a_list_of_what_is_not_there_is_empty(door: Door, path: str) -> None:
    said = door.get(path).json()
    assert (said.get("emails", said.get("receipts")), said["next"]) == ([], None)
