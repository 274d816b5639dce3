import json
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from app_interface import urls
from app_interface.configuration import KINDS
from email_processor.models import DeliveryReceipt, Message
from epm import dkim_keys
from epm.choices import SigningAlgorithm
from epm.models import Application, Credential, DkimKey, EmailConnection, Mailbox, SenderDomain, Zone
from notifications.models import Notification
from tests import factories
from tests.interface.conftest import MAIL, Door, problem
from tests.interface.test_status import message

__all__ = ["message"]


@pytest.fixture
def manager(zone: Zone) -> Door:
    """Who manages the whole zone."""
    row, secret = factories.make_credential(zone, scopes=["manage"], all_applications=True)
    return Door(row.pk, secret)


def call(door: Door, method: str, path: str, body: Any = None) -> Any:
    content = json.dumps({} if body is None else body)
    return door.client.generic(method, f"/api/v1/{path}", content, "application/json", headers=door._headers({}))


def test_it_makes_an_application_that_can_send_at_once(manager: Door, connection: EmailConnection) -> None:
    made = manager.post("applications", {"name": "news", "addresses": ["News@Example.com"], "message_types": "regular"})
    assert (made.status_code, made.json()["addresses"]) == (201, ["News@example.com"])
    assert made.json()["signing_secret"].startswith("whsec_")
    caller = manager.post("credentials", {"name": "news", "applications": ["news"]}).json()
    assert Door(caller["id"], caller["secret"]).send().json()["application"] == "main:news"


def test_it_shows_no_secret_twice(manager: Door, application: Application) -> None:
    manager.post("connections", {"name": "relay", "server": "127.0.0.1", "return_path_domain": "b.example.com",
                                 "user_name": "u", "password": "hush"})  # fmt: skip
    shown = "".join(json.dumps(manager.get(kind).json()) for kind in ("applications", "connections", "credentials"))
    assert "relay" in shown
    assert "hush" not in shown
    assert "whsec_" not in shown


def test_it_changes_what_is_given_and_leaves_the_rest(manager: Door, application: Application) -> None:
    said = call(manager, "PATCH", f"applications/{application.pk}", {"enabled": False}).json()
    assert (said["enabled"], said["notification_url"]) == (False, application.notification_url)
    assert call(manager, "PATCH", "zones/main", {"description": "Head office"}).json()["description"] == "Head office"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("applications", {"name": "a:b"}, "name"),
        ("applications", {}, "name"),
        ("applications", {"name": "x", "application_url": "ftp://x"}, "application_url"),
        ("applications", {"name": "x", "enabled": "yes"}, "enabled"),
        ("applications", {"name": "x", "colour": "red"}, "colour"),
        ("applications", {"name": "x", "message_types": "regular", "addresses": ["nobody"]}, "addresses[0]"),
        ("connections", {"name": "x", "server": "no host!", "return_path_domain": "b.example.com"}, "server"),
        ("credentials", {"name": "x", "scopes": ["fly"], "all_applications": True}, "scopes"),
        ("credentials", {"name": "x", "applications": ["none"]}, "applications[0]"),
        ("credentials", {"name": "x"}, "applications"),
        ("credentials", {"name": "x", "all_applications": True, "requests_per_minute": 0}, "requests_per_minute"),
        ("credentials", {"name": "x", "all_applications": True, "recipients_per_minute": -1}, "recipients_per_minute"),
    ],
)
def test_it_refuses_with_the_sentences_of_the_console(manager: Door, path: str, body: Any, field: str) -> None:
    before = Application.objects.count(), EmailConnection.objects.count(), Credential.objects.count()
    assert problem(manager.post(path, body)) == (400, "invalid_request", field)
    assert before == (Application.objects.count(), EmailConnection.objects.count(), Credential.objects.count())


def test_it_renews_secrets(manager: Door, credential: tuple[Credential, str], connection: EmailConnection) -> None:
    row, old = credential
    new = manager.post(f"credentials/{row.pk}/secret", {}).json()["secret"]
    assert problem(Door(row.pk, old).send())[:2] == (401, "not_authenticated")
    assert Door(row.pk, new).send().status_code == 202


def test_the_old_secret_is_taken_until_the_moment_asked_for(manager: Door, credential: tuple[Credential, str]) -> None:
    row, old = credential
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    new = manager.post(f"credentials/{row.pk}/secret", {"old_secret_until": until}).json()["secret"]
    assert [Door(row.pk, secret).get("status").status_code for secret in (old, new)] == [200, 200]
    assert manager.get(f"credentials/{row.pk}").json()["old_secret_until"] is not None
    row.refresh_from_db()
    row.old_secret_until = timezone.now()
    row.save()
    assert [Door(row.pk, secret).get("status").status_code for secret in (old, new)] == [401, 200]


def test_an_old_secret_is_ended_before_its_time(manager: Door, credential: tuple[Credential, str]) -> None:
    row, old = credential
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    manager.post(f"credentials/{row.pk}/secret", {"old_secret_until": until})
    assert call(manager, "DELETE", f"credentials/{row.pk}/secret/old").status_code == 204
    assert problem(Door(row.pk, old).get("status"))[:2] == (401, "not_authenticated")


def test_of_three_secrets_only_two_are_taken(manager: Door, credential: tuple[Credential, str]) -> None:
    row, first = credential
    until = {"old_secret_until": (timezone.now() + timedelta(hours=1)).isoformat()}
    second, third = (manager.post(f"credentials/{row.pk}/secret", until).json()["secret"] for _ in range(2))
    answers = [Door(row.pk, secret).get("status").status_code for secret in (first, second, third)]
    assert answers == [401, 200, 200]


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("credentials", {"old_secret_until": "2020-01-01T00:00:00Z"}, "old_secret_until"),
        ("credentials", {"old_secret_until": "soon"}, "old_secret_until"),
        ("credentials", {"until": "2031-01-01T00:00:00Z"}, "until"),
        ("applications", {"old_secret_until": "2031-01-01T00:00:00Z"}, "old_secret_until"),
    ],
)
def test_it_renews_nothing_where_it_is_asked_wrongly(
    manager: Door, application: Application, credential: tuple[Credential, str], kind: str, body: Any, field: str
) -> None:
    key = credential[0].pk if kind == "credentials" else application.pk
    assert problem(manager.post(f"{kind}/{key}/secret", body)) == (400, "invalid_request", field)
    assert Door(credential[0].pk, credential[1]).get("status").status_code == 200


def test_it_renews_without_a_body_too(manager: Door, credential: tuple[Credential, str]) -> None:
    path, headers = f"/api/v1/credentials/{credential[0].pk}/secret", manager._headers({})
    assert "secret" in manager.client.generic("POST", path, headers=headers).json()


def test_it_tells_when_a_credential_was_last_used(manager: Door, credential: tuple[Credential, str]) -> None:
    def last_use() -> Any:
        return manager.get(f"credentials/{credential[0].pk}").json()["last_used_at"]

    assert last_use() is None
    Door(credential[0].pk, credential[1]).get("status")
    assert last_use() is not None


def test_what_it_tells_cannot_be_written(manager: Door, credential: tuple[Credential, str]) -> None:
    for name in ("last_used_at", "old_secret_until", "secret_hash", "kept_secret"):
        answer = call(manager, "PATCH", f"credentials/{credential[0].pk}", {name: None})
        assert problem(answer) == (400, "invalid_request", name)


def test_it_limits_how_much_a_credential_may_ask_for(manager: Door, credential: tuple[Credential, str]) -> None:
    said = call(manager, "PATCH", f"credentials/{credential[0].pk}", {"recipients_per_minute": 600}).json()
    assert (said["recipients_per_minute"], said["requests_per_minute"]) == (600, None)


def test_it_manages_every_field_of_a_connection(manager: Door) -> None:
    direct = {"name": "direct", "kind": "direct", "preference": 20, "weight": 3, "return_path_domain": "b.example.com",
              "tls_policy": "required", "tls_policy_of_domains": "bank.example verified", "source_ipv4": "127.0.0.2",
              "source_ipv6": "::1", "max_per_second": 50, "max_per_destination": 2, "max_connections": 7, "port": 25,
              "registered_delivery": "delay", "enabled": False, "sender_address": "a@example.com",
              "max_per_second_per_destination": 9}  # fmt: skip
    smarthost = {"name": "relay", "server": "relay.example.com", "return_path_domain": "b.example.com", "user_name": "u",
                 "transport": "tls", "port": 465, "verify_certificate": False}  # fmt: skip
    made = [manager.post("connections", body).json() for body in (direct, {**smarthost, "password": "hush"})]
    assert [{name: row.get(name) for name in said} for row, said in zip(made, (direct, smarthost), strict=True)] == [
        direct,
        smarthost,
    ]
    tested = {*direct, *smarthost, "password"}
    assert {field.name for field in KINDS["connections"].fields} <= tested
    assert EmailConnection.objects.get(name="relay").password == "hush"


def test_it_manages_a_mailbox_without_showing_its_secrets(manager: Door) -> None:
    oauth = {"login": "oauth2", "token_url": "https://login.example/token", "client_id": "c", "client_secret": "hush-1",
             "refresh_token": "hush-2"}  # fmt: skip
    body = {"name": "bounces", "server": "imap.example.com", "user_name": "u", **oauth}
    made = manager.post("mailboxes", body)
    shown = manager.get(f"mailboxes/{made.json()['id']}")
    assert (made.status_code, shown.json()["client_id"], shown.json()["taken"]) == (201, "c", 0)
    assert b"hush" not in made.content + shown.content
    assert Mailbox.objects.get().refresh_token == "hush-2"
    call(manager, "PATCH", f"mailboxes/{made.json()['id']}", {"enabled": False})
    assert Mailbox.objects.get().due_at is None


def test_it_checks_a_mailbox_as_the_console_does(manager: Door) -> None:
    answer = manager.post("mailboxes", {"name": "x", "server": "imap.example.com", "user_name": "u"})
    assert problem(answer) == (400, "invalid_request", "password")


def test_it_deletes_what_was_never_used(manager: Door, application: Application, message: Message) -> None:
    assert problem(call(manager, "DELETE", f"applications/{application.pk}"))[:2] == (400, "invalid_request")
    unused = manager.post("applications", {"name": "news", "message_types": "regular"}).json()["id"]
    assert call(manager, "DELETE", f"applications/{unused}").status_code == 204
    assert problem(manager.get(f"applications/{unused}"))[:2] == (404, "not_found")


@pytest.mark.parametrize("kind", ["zones", "connections", "mailboxes", "domains", "credentials"])
def test_one_applications_manager_manages_nothing_else(zone: Zone, application: Application, kind: str) -> None:
    row, secret = factories.make_credential(zone, application, scopes=["manage"])
    door = Door(row.pk, secret)
    assert problem(door.get(kind))[:2] == (403, "not_permitted")
    assert [one["id"] for one in door.get("applications").json()["applications"]] == [str(application.pk)]
    assert problem(door.post("applications", {"name": "mine"}))[:2] == (403, "not_permitted")


def addresses(patterns: Any = None, prefix: str = "") -> list[str]:
    """Every address of the REST door."""
    found = []
    start: Any = urls.urlpatterns if patterns is None else patterns
    for pattern in start:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path.startswith("api/v1/"):
            found.append(path)
    return found


@pytest.mark.parametrize("owner", ["another application of the zone", "another zone"])
def test_a_stranger_sees_and_changes_nothing_at_any_address(
    zone: Zone, message: Message, application: Application, credential: tuple[Credential, str],
    connection: EmailConnection, owner: str,
) -> None:  # fmt: skip
    """Walks all there is, with every method, by the ids of somebody else; whatever is answered names nothing of theirs."""
    mailbox = Mailbox.objects.create(
        zone=zone, name="returned mail", server="127.0.0.1", user_name="u", password="hush"
    )
    signing_key = dkim_keys.make(SenderDomain.objects.create(zone=zone, domain="example.com"), SigningAlgorithm.ED25519)
    elsewhere = zone if owner == "another application of the zone" else factories.make_zone("other")
    row, secret = factories.make_credential(
        elsewhere, factories.make_application(elsewhere, "theirs"), scopes=["send", "launch", "read", "manage"]
    )
    stranger, keys = Door(row.pk, secret), {
        "message_id": message.pk, "receipt_id": DeliveryReceipt.objects.get().pk, "suppression_id": message.pk,
        "notification_id": Notification.objects.first().pk,  # type: ignore[union-attr]
        "key_id": signing_key.pk, "code": "internal",
    }  # fmt: skip
    configured = {"zones": zone.name, "applications": application.pk, "connections": connection.pk,
                  "credentials": credential[0].pk, "mailboxes": mailbox.pk, "domains": signing_key.sender_domain_id}  # fmt: skip
    assert configured.keys() == KINDS.keys()
    hidden = (str(message.pk), "jo@example.net", application.name, str(application.pk), application.signing_secret,
              mailbox.name, signing_key.selector)  # fmt: skip
    walked = addresses()
    assert len(walked) > 35
    for pattern in walked:
        keys["key"] = configured.get(pattern.split("/")[2], "")
        path = pattern.replace("<str:", "{").replace(">", "}").format(**keys).removeprefix("api/v1/")
        if path == "schema":
            continue
        for method in ("GET", "POST", "PATCH", "DELETE"):
            answer = call(stranger, method, path, {**MAIL, "applicationName": "orders"} if path == "emails" else {})
            said = answer.content.decode()
            assert answer.status_code < 500, (method, path, said)
            assert not any(word in said.replace("application 'orders'", "") for word in hidden), (method, path, said)
    application.refresh_from_db()
    assert (application.enabled, Message.objects.count()) == (True, 1)
    assert (Mailbox.objects.count(), DkimKey.objects.count()) == (1, 1)
