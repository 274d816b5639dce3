import pytest
from django.test import Client
from django.urls import reverse

from epm import dkim_keys
from epm.choices import KeyState, SigningAlgorithm
from epm.console.links import change_url
from epm.models import DkimKey, SenderDomain, Zone
from tests.console.conftest import member_of
from tests.console.test_configuration import text_of
from tests.outbound.dns_server import NameServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    return member_of("Operators")


def do(client: Client, domain: SenderDomain, what: str, key: DkimKey | None = None, **fields: str) -> int:
    """Press a button; answers the HTTP status."""
    posted = {"do": what, **fields, **({"key": str(key.pk)} if key else {})}
    return client.post(reverse("admin:epm_senderdomain_keys", args=[domain.pk]), posted).status_code


def state(key: DkimKey) -> str:
    key.refresh_from_db()
    return key.state


def test_an_operator_adds_a_domain_of_the_zone(operator: Client, zone: Zone) -> None:
    operator.post(reverse("admin:epm_senderdomain_add"), {"zone": zone.pk, "domain": "Example.COM"})
    assert SenderDomain.objects.get().domain == "example.com"


def test_it_refuses_a_domain_the_zone_may_not_send_from(operator: Client, zone: Zone) -> None:
    answer = operator.post(reverse("admin:epm_senderdomain_add"), {"zone": zone.pk, "domain": "other.example"})
    assert "lies outside the sender domains" in text_of(answer)
    assert not SenderDomain.objects.exists()


@pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
def test_a_key_is_made_and_its_record_shown(
    operator: Client, domain: SenderDomain, algorithm: SigningAlgorithm
) -> None:
    do(operator, domain, "make", algorithm=algorithm.value)
    record = dkim_keys.record(DkimKey.objects.get())
    page = operator.get(change_url(domain)).content.decode().replace("&quot;", '"')
    assert (record.name in page, record.value in page) == (True, True)


def test_no_page_shows_a_private_key(operator: Client, domain: SenderDomain) -> None:
    do(operator, domain, "make", algorithm="ed25519-sha256")
    secret = DkimKey.objects.get().private_key.splitlines()[1]
    assert secret not in operator.get(change_url(domain)).content.decode()


def test_a_key_is_rotated_step_by_step(operator: Client, domain: SenderDomain, names: NameServer) -> None:
    before = dkim_keys.make(domain, SigningAlgorithm.ED25519)
    dkim_keys.activate(before)
    do(operator, domain, "make", algorithm="ed25519-sha256")
    key = DkimKey.objects.get(state=KeyState.NEW)
    names.records[f"{key} TXT"] = [f'"{dkim_keys.record(key).value}"']
    do(operator, domain, "check", key)
    assert state(key) == KeyState.PUBLISHED
    do(operator, domain, "switch", key)
    assert (state(before), state(key)) == (KeyState.RETIRED, KeyState.ACTIVE)


def test_it_switches_to_no_key_that_is_not_in_the_dns(
    operator: Client, domain: SenderDomain, names: NameServer
) -> None:
    key = dkim_keys.make(domain, SigningAlgorithm.ED25519)
    DkimKey.objects.update(state=KeyState.PUBLISHED)
    do(operator, domain, "switch", key)
    assert state(key) == KeyState.PUBLISHED
    names.silent.add(str(key))
    do(operator, domain, "switch", key)
    assert state(key) == KeyState.PUBLISHED


def test_where_there_is_no_dns_one_switches_without_looking(operator: Client, domain: SenderDomain) -> None:
    key = dkim_keys.make(domain, SigningAlgorithm.ED25519)
    do(operator, domain, "force", key)
    assert state(key) == KeyState.ACTIVE


def test_a_key_that_signs_is_not_deleted(operator: Client, domain: SenderDomain) -> None:
    key = dkim_keys.make(domain, SigningAlgorithm.ED25519)
    dkim_keys.activate(key)
    do(operator, domain, "delete", key)
    assert state(key) == KeyState.ACTIVE
    do(operator, domain, "retire", key)
    do(operator, domain, "delete", key)
    assert not DkimKey.objects.exists()


def test_support_sees_records_and_health_and_changes_nothing(domain: SenderDomain, names: NameServer) -> None:
    key, support = dkim_keys.make(domain, SigningAlgorithm.ED25519), member_of("Support")
    assert str(key) in support.get(change_url(domain)).content.decode()
    assert "allows 192.0.2.1" in text_of(support.get(reverse("admin:epm_senderdomain_health", args=[domain.pk])))
    assert [do(support, domain, "force", key), do(support, domain, "make", algorithm="rsa-sha256")] == [403, 403]


def test_the_health_page_says_what_to_publish(operator: Client, domain: SenderDomain, names: NameServer) -> None:
    del names.records["bounces.example.com TXT"]
    page = text_of(operator.get(reverse("admin:epm_senderdomain_health", args=[domain.pk])))
    assert "v=spf1 ip4:192.0.2.1 -all" in page
