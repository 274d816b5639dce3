from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from app_interface.authentication import Caller, authenticate, from_authorization
from app_interface.problems import Problem
from epm.choices import Channel, Scope
from epm.models import Application, Credential, Zone
from tests import factories
from tests.interface.conftest import Door, basic, problem

HERE = "192.0.2.7"


def refusal(credential: Credential, secret: str, address: str = HERE) -> str:
    with pytest.raises(Problem) as refused:
        authenticate(credential.pk, secret, address)
    return refused.value.code


def test_it_knows_a_credential_by_its_secret(credential: tuple[Credential, str]) -> None:
    row, secret = credential
    assert authenticate(row.pk, secret, HERE).credential == row


def test_it_answers_a_wrong_secret_as_an_unknown_id(credential: tuple[Credential, str]) -> None:
    row, secret = credential
    told = []
    for id, tried in ((row.pk, "wrong"), ("epm_unknown", secret), ("", ""), ("\0", "\0")):
        with pytest.raises(Problem) as refused:
            authenticate(id, tried, HERE)
        told.append((refused.value.code, refused.value.detail))
    assert len(set(told)) == 1


def test_it_refuses_a_credential_that_is_switched_off(credential: tuple[Credential, str]) -> None:
    row, secret = credential
    row.enabled = False
    row.save()
    assert refusal(row, secret) == "not_authenticated"


def test_it_reads_the_credential_once_for_many_calls(
    credential: tuple[Credential, str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row, secret = credential
    authenticate(row.pk, secret, HERE).application("")
    with django_assert_num_queries(0):
        authenticate(row.pk, secret, HERE).application("")


def test_what_changes_between_two_calls_counts_for_the_second(door: Door, credential: tuple[Credential, str]) -> None:
    assert door.send().status_code == 202
    credential[0].applications.clear()
    assert problem(door.send())[:2] == (400, "invalid_request")
    credential[0].delete()
    assert problem(door.send())[:2] == (401, "not_authenticated")


def test_it_refuses_an_expired_credential(credential: tuple[Credential, str]) -> None:
    row, secret = credential
    row.expires_at = timezone.now() + timedelta(minutes=1)
    row.save()
    assert authenticate(row.pk, secret, HERE)
    row.expires_at = timezone.now()
    row.save()
    assert refusal(row, secret) == "not_authenticated"


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("192.0.3.1", False),
        ("::1", False),
        ("", False),
    ],
)
def test_it_lets_in_only_the_networks_it_was_given(
    credential: tuple[Credential, str], address: str, is_let_in: bool
) -> None:
    row, secret = credential
    row.allowed_networks = "192.0.2.0/24\n2001:db8::/32"
    row.save()
    if is_let_in:
        assert authenticate(row.pk, secret, address)
    else:
        assert refusal(row, secret, address) == "not_permitted"


@pytest.mark.parametrize("allowed", ["", "192.0.2.0/24"])
def test_a_caller_without_an_address_comes_from_no_network(door: Door, allowed: str) -> None:
    """As a proxy on a Unix socket hands it over."""
    Credential.objects.update(allowed_networks=allowed)
    assert door.client.get("/api/v1/status", headers=door._headers({}), REMOTE_ADDR="").status_code == (
        403 if allowed else 200
    )


def test_it_notes_the_last_use_at_most_once_a_minute(credential: tuple[Credential, str]) -> None:
    row, secret = credential
    authenticate(row.pk, secret, HERE)
    first = Credential.objects.get().last_used_at
    authenticate(row.pk, secret, HERE)
    assert first is not None
    assert Credential.objects.get().last_used_at == first
    row.last_used_at = first - timedelta(minutes=2)
    row.save()
    authenticate(row.pk, secret, HERE)
    assert Credential.objects.get().last_used_at > first  # type: ignore[operator]


def test_it_reads_basic_and_bearer() -> None:
    assert from_authorization(basic("epm_1", "ü:x")) == ("epm_1", "ü:x")
    assert from_authorization("bearer epm_1.secret.x") == ("epm_1", "secret.x")


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Basic YQ==", "Bearer x", "Digest a.b", "Basic /////w=="])
def test_it_refuses_other_authorizations(header: str) -> None:
    with pytest.raises(Problem) as refused:
        from_authorization(header)
    assert refused.value.code == "not_authenticated"


def test_it_opens_the_door_to_a_bearer(door: Door) -> None:
    answer = door.client.get("/api/v1/emails/x", headers={"Authorization": f"Bearer {door.credential}.{door.secret}"})
    assert problem(answer)[:2] == (404, "not_found")


@pytest.mark.parametrize(("scope", "path"), [(Scope.SEND, "emails"), (Scope.LAUNCH, "launches")])
def test_it_requires_the_scope_of_the_operation(zone: Zone, application: Application, scope: Scope, path: str) -> None:
    others = [other for other in Scope if other != scope]
    row, secret = factories.make_credential(zone, application, scopes=others)
    assert problem(Door(row.pk, secret).post(path, {}))[:2] == (403, "not_permitted")


def test_it_requires_the_scope_to_read(zone: Zone, application: Application) -> None:
    row, secret = factories.make_credential(zone, application, scopes=[Scope.SEND])
    message = factories.make_message(zone, application=application)
    assert problem(Door(row.pk, secret).get(f"emails/{message.pk}"))[:2] == (403, "not_permitted")


def named(caller: Caller, name: str) -> str:
    """The application meant, or the code of the refusal."""
    try:
        return str(caller.application(name))
    except Problem as refused:
        return refused.code


def test_it_takes_the_only_application_of_a_credential(zone: Zone, application: Application) -> None:
    row, _ = factories.make_credential(zone, application)
    assert named(Caller(row), "") == "main:orders"


def test_it_asks_which_application_where_there_are_two(zone: Zone, application: Application) -> None:
    row, _ = factories.make_credential(zone, application, factories.make_application(zone, "second"))
    assert named(Caller(row), "") == "invalid_request"
    assert named(Caller(row), "second") == "main:second"


def test_it_asks_which_application_where_all_may_be_used(zone: Zone, application: Application) -> None:
    row, _ = factories.make_credential(zone, all_applications=True)
    assert named(Caller(row), "") == "invalid_request"
    assert named(Caller(row), "main:orders") == "main:orders"


def test_it_knows_no_application_outside_the_list_or_the_zone(zone: Zone, application: Application) -> None:
    other = factories.make_zone("other")
    factories.make_application(other, "orders")
    row, _ = factories.make_credential(zone, factories.make_application(zone, "mine"))
    assert named(Caller(row), "orders") == "unknown_application"
    row, _ = factories.make_credential(zone, all_applications=True)
    assert named(Caller(row), "other:orders") == "unknown_application"


def test_a_caller_of_another_channel_may_name_none(zone: Zone, application: Application) -> None:
    row, _ = factories.make_credential(zone, application, channel=Channel.SMS)
    assert named(Caller(row), "") == "None"
    assert named(Caller(row), "strange") == "unknown_application"
