import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from email_processor.models import Recipient, State
from epm.models import Application, Zone
from tests import factories
from tests.inbound.reports import arrive, report, way_back
from tests.interface.conftest import Door, problem


def sent(application: Application, address: str) -> Recipient:
    message = factories.make_message(
        application.zone, address, application=application, recipient={"state": State.SENT, "due_at": None}
    )
    found: Recipient = message.recipients.get()
    return found


@pytest.fixture
def story(application: Application) -> None:
    """Six mails to a domain that is silent; to another one, one delivered and one unanswered."""
    for number in range(6):
        sent(application, f"{number}@silent.example")
    delivered = sent(application, "one@talks.example")
    arrive(report(delivered, "delivered"), way_back(delivered))
    sent(application, "two@talks.example")


def traffic(door: Door, query: str = "") -> dict[str, Any]:
    answer = door.get(f"traffic{query}")
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = json.loads(answer.content)
    return said


def test_it_tells_what_was_asked_and_what_came(door: Door, story: None) -> None:
    talks = next(one for one in traffic(door)["destinations"] if one["domain"] == "talks.example")
    assert (talks["taken"], talks["asked"], talks["answered"], talks["share"]) == (2, 2, 1, 0.5)
    assert (talks["came"]["delivered"], talks["within"][0]) == (1, {"seconds": 60.0, "receipts": 1})


def test_it_names_the_domains_that_never_answer(door: Door, story: None) -> None:
    assert traffic(door)["silent"] == ["silent.example"]


def test_it_says_how_many_destinations_it_left_out(door: Door, story: None) -> None:
    said = traffic(door, "?limit=1")
    assert ([one["domain"] for one in said["destinations"]], said["more"]) == (["silent.example"], 1)


def test_it_tells_nothing_of_applications_that_are_not_the_callers(door: Door, zone: Zone) -> None:
    sent(factories.make_application(zone, "other"), "one@talks.example")
    assert traffic(door)["destinations"] == []


def test_it_counts_only_what_was_accepted_in_that_time(door: Door, story: None) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert traffic(door, f"?until={yesterday}")["destinations"] == []


def test_it_looks_at_the_beginning_of_time(door: Door) -> None:
    assert traffic(door, "?until=0001-01-03T00:00:00Z")["since"] == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "span",
    [
        "since=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z",
        "since=2020-01-01T00:00:00Z",
        "until=0001-01-01T00:00:00Z",
    ],
)
def test_it_refuses_a_time_that_is_none_or_too_long(door: Door, span: str) -> None:
    assert problem(door.get(f"traffic?{span}")) == (400, "invalid_request", "since")
