"""A credential that an operator lets manage all zones, and all others, who see nothing but their own."""

import pytest

from epm.models import Application, Credential, EmailConnection, Zone
from tests import factories
from tests.interface.conftest import Door, problem
from tests.interface.test_managing import call, manager

__all__ = ["manager"]


@pytest.fixture
def head(zone: Zone) -> Door:
    """Who manages all zones."""
    row, secret = factories.make_credential(zone, scopes=["manage"], all_applications=True, manages_zones=True)
    return Door(row.pk, secret)


def test_it_makes_a_zone_in_which_one_can_send_at_once(head: Door) -> None:
    made = head.post("zones", {"name": "east", "sender_domains": "example.com"})
    assert (made.status_code, made.json()["id"]) == (201, "east")
    orders = {"name": "orders", "addresses": ["o@example.com"], "message_types": "regular"}
    head.post("applications", {"zone": "east", **orders})
    head.post(
        "connections", {"zone": "east", "name": "out", "server": "127.0.0.1", "return_path_domain": "b.example.com"}
    )
    caller = head.post("credentials", {"zone": "east", "name": "shop", "applications": ["orders"]}).json()
    sent = Door(caller["id"], caller["secret"]).send(**{"from": "o@example.com"})
    assert (sent.status_code, sent.json().get("application")) == (202, "east:orders")


def test_it_sees_the_rows_of_every_zone_and_whose_they_are(head: Door, application: Application) -> None:
    factories.make_application(factories.make_zone("east"), "theirs")
    said = head.get("applications").json()["applications"]
    assert {(row["zone"], row["name"]) for row in said} == {("main", "orders"), ("east", "theirs")}


def test_it_changes_and_deletes_a_zone(head: Door) -> None:
    head.post("zones", {"name": "east", "sender_domains": "example.com"})
    assert call(head, "PATCH", "zones/east", {"description": "Plant"}).json()["description"] == "Plant"
    assert call(head, "DELETE", "zones/east").status_code == 204
    assert not Zone.objects.filter(name="east").exists()


def test_it_deletes_no_zone_that_has_something(head: Door) -> None:
    factories.make_application(factories.make_zone("east"), "theirs")
    assert problem(call(head, "DELETE", "zones/east"))[:2] == (400, "invalid_request")


def test_it_reads_no_mail_for_that(head: Door) -> None:
    assert problem(head.get("emails"))[:2] == (403, "not_permitted")


def test_a_zones_manager_makes_no_zone(manager: Door) -> None:
    answer = manager.post("zones", {"name": "east", "sender_domains": "example.com"})
    assert problem(answer)[:2] == (403, "not_permitted")


def test_a_zones_manager_makes_rows_in_no_other_zone(manager: Door) -> None:
    factories.make_zone("east")
    asked = {"name": "mine", "message_types": "regular"}
    assert problem(manager.post("applications", {**asked, "zone": "east"})) == (400, "invalid_request", "zone")
    assert manager.post("applications", {**asked, "zone": "main"}).status_code == 201


def test_a_zones_manager_does_not_reach_who_manages_all_zones(manager: Door, head: Door) -> None:
    """To renew its secret would be to become it."""
    assert problem(manager.post(f"credentials/{head.credential}/secret", {}))[:2] == (404, "not_found")
    assert head.credential not in manager.get("credentials").content.decode()


@pytest.mark.parametrize("who", ["manager", "head"])
def test_nobody_makes_such_a_credential_here(who: str, request: pytest.FixtureRequest) -> None:
    door: Door = request.getfixturevalue(who)
    asked = {"name": "more", "all_applications": True, "manages_zones": True}
    assert problem(door.post("credentials", asked)) == (400, "invalid_request", "manages_zones")
    answer = call(door, "PATCH", f"credentials/{door.credential}", {"manages_zones": True})
    assert problem(answer) == (400, "invalid_request", "manages_zones")


def test_a_row_moves_to_no_other_zone(head: Door, connection: EmailConnection) -> None:
    factories.make_zone("east")
    answer = call(head, "PATCH", f"connections/{connection.pk}", {"zone": "east"})
    assert problem(answer) == (400, "invalid_request", "zone")


def test_it_manages_nothing_without_the_scope(head: Door) -> None:
    Credential.objects.filter(pk=head.credential).update(scopes=["read"])
    assert problem(head.get("zones"))[:2] == (403, "not_permitted")
