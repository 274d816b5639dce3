"""Sender domains and their signing keys by the management API."""

from typing import Any

import pytest
from pytest_django import Settings

from epm.models import DkimKey, SenderDomain, Zone
from lib import dns
from tests import factories
from tests.interface.conftest import Door, problem
from tests.interface.test_managing import call, manager

__all__ = ["manager"]


@pytest.fixture
def domain(zone: Zone) -> SenderDomain:
    return SenderDomain.objects.create(zone=zone, domain="example.com")


@pytest.fixture
def key(manager: Door, domain: SenderDomain) -> Any:
    """A new key, as it was answered."""
    answer = manager.post(f"domains/{domain.pk}/keys", {"algorithm": "ed25519-sha256"})
    assert answer.status_code == 201
    return answer.json()


def step(manager: Door, domain: SenderDomain, key: Any, name: str) -> Any:
    return manager.post(f"domains/{domain.pk}/keys/{key['id']}", {"step": name})


def test_it_adds_a_domain_of_the_zone(manager: Door) -> None:
    made = manager.post("domains", {"domain": "Example.COM"})
    assert (made.status_code, made.json()["domain"], made.json()["keys"]) == (201, "example.com", [])
    assert problem(manager.post("domains", {"domain": "other.example"})) == (400, "invalid_request", "domain")


def test_a_domain_keeps_its_name(manager: Door, domain: SenderDomain) -> None:
    Zone.objects.update(sender_domains="example.com\nexample.org")
    answer = call(manager, "PATCH", f"domains/{domain.pk}", {"domain": "example.org"})
    assert problem(answer) == (400, "invalid_request", "domain")


def test_it_makes_a_key_and_says_what_to_publish(manager: Door, domain: SenderDomain, key: Any) -> None:
    row = DkimKey.objects.get()
    assert (key["record"]["name"], key["state"]) == (f"{row.selector}._domainkey.example.com", "new")
    assert manager.get(f"domains/{domain.pk}").json()["keys"] == [key]
    assert row.private_key not in manager.get("domains").content.decode()


def test_a_key_is_switched_to_once_the_dns_shows_it(
    manager: Door, domain: SenderDomain, key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns, "texts", lambda name: [])
    assert problem(step(manager, domain, key, "check")) == (400, "invalid_request", "step")
    monkeypatch.setattr(dns, "texts", lambda name: [key["record"]["value"]])
    assert step(manager, domain, key, "check").json()["state"] == "published"
    assert step(manager, domain, key, "switch").json()["state"] == "active"
    assert step(manager, domain, key, "retire").json()["state"] == "retired"


def test_it_refuses_a_step_that_is_not_of_the_state(manager: Door, domain: SenderDomain, key: Any) -> None:
    assert problem(step(manager, domain, key, "retire")) == (400, "invalid_request", "step")
    assert step(manager, domain, key, "force").json()["state"] == "active"
    assert problem(call(manager, "DELETE", f"domains/{domain.pk}/keys/{key['id']}"))[:2] == (400, "invalid_request")


def test_it_deletes_a_key_that_does_not_sign(manager: Door, domain: SenderDomain, key: Any) -> None:
    assert call(manager, "DELETE", f"domains/{domain.pk}/keys/{key['id']}").status_code == 204
    assert not DkimKey.objects.exists()


def test_it_says_that_the_dns_does_not_answer(
    manager: Door, domain: SenderDomain, key: Any, settings: Settings
) -> None:
    settings.EPM_DNS_SERVERS = ["127.0.0.1:1"]
    assert problem(step(manager, domain, key, "check"))[:2] == (503, "processor_unavailable")


def test_it_tells_the_health_of_a_domain(manager: Door, domain: SenderDomain, settings: Settings) -> None:
    settings.EPM_DNS_SERVERS = ["127.0.0.1:1"]
    findings = manager.get(f"domains/{domain.pk}/health").json()["findings"]
    assert {"DKIM", "DMARC"} <= {finding["subject"] for finding in findings}


def test_a_key_of_another_domain_is_not_found(manager: Door, zone: Zone, domain: SenderDomain, key: Any) -> None:
    Zone.objects.update(sender_domains="example.com\nexample.org")
    other = SenderDomain.objects.create(zone=zone, domain="example.org")
    assert problem(step(manager, other, key, "force"))[:2] == (404, "not_found")


def test_another_zones_manager_sees_no_domain(domain: SenderDomain, key: Any) -> None:
    row, secret = factories.make_credential(factories.make_zone("other"), scopes=["manage"], all_applications=True)
    stranger = Door(row.pk, secret)
    for path in (f"domains/{domain.pk}", f"domains/{domain.pk}/health"):
        assert problem(stranger.get(path))[:2] == (404, "not_found")
    assert problem(step(stranger, domain, key, "force"))[:2] == (404, "not_found")
    assert stranger.get("domains").json() == {"domains": []}
