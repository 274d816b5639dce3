"""cancelEmail and getStatusEx: the same answers as at the REST door."""

import pytest
from django.test import Client

from epm.models import Application, Zone
from tests import factories
from tests.soap.raw import Caller, request

pytestmark = pytest.mark.django_db


def test_it_cancels_what_is_unsent(caller: Caller, client: Client, zone: Zone, application: Application) -> None:
    message = factories.make_message(zone, "jo@example.net", application=application)
    answer = caller.call(request(f"<messageID>{message.pk}</messageID>", operation="cancelEmail"))
    assert (answer.name, answer.text("recipient/cancelled"), answer.text("recipient/state")) == (
        "cancelEmailResponse",
        "true",
        "cancelled",
    )
    rest = client.post(f"/api/v1/emails/{message.pk}/cancel", headers={"Authorization": caller.authorization})
    assert rest.json()["recipients"][0]["id"] == answer.text("recipient/id")


def test_it_hides_the_mail_of_strangers(caller: Caller, zone: Zone) -> None:
    theirs = factories.make_message(zone, application=factories.make_application(zone, "theirs"))
    answer = caller.call(request(f"<messageID>{theirs.pk}</messageID>", operation="cancelEmail"))
    assert answer.problem["code"] == "not_found"


def test_it_says_how_the_platform_is_doing(
    caller: Caller, client: Client, zone: Zone, application: Application
) -> None:
    factories.make_message(zone, "jo@example.net", application=application)
    answer = caller.call(request("", operation="getStatusEx"))
    rest = client.get("/api/v1/status", headers={"Authorization": caller.authorization}).json()
    assert (answer.text("queue/name"), answer.text("queue/depth")) == ("send", "1")
    assert answer.text("processor/state") == rest["processors"][0]["state"]
    assert answer.text("counter/value") == str(rest["counters"]["accepted"])
