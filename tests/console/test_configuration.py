"""The operator's pages: what is saved, what is said, and what is never shown."""

import re
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from email_processor.models import Message
from epm.choices import Scope, Transport
from epm.console.links import change_url
from epm.models import Application, Credential, EmailConnection, Zone
from tests import factories

pytestmark = pytest.mark.django_db
MODELS = ("zone", "application", "emailconnection", "credential")


def form_of(zone: Zone, **fields: Any) -> dict[str, Any]:
    """An application as the form sends it, with no address."""
    inline = {"addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0}
    defaults = {
        "zone": zone.pk,
        "name": "new",
        "enabled": "on",
        "message_types": "delivery",
        "application_url": "https://app.example.com/run",
        "notification_url": "https://app.example.com/told",
        "in_doubt_policy": "resend",
        "in_doubt_wait": 60,
    }
    return {**inline, **defaults, **fields}


def connection_form(zone: Zone, **fields: Any) -> dict[str, Any]:
    defaults = {
        "zone": zone.pk,
        "name": "out",
        "enabled": "on",
        "server": "mail.example.com",
        "transport": "starttls",
        "port": 587,
        "verify_certificate": "on",
        "return_path_domain": "bounces.example.com",
        "registered_delivery": "success",
        "max_connections": 5,
        "max_per_destination": 5,
        "kind": "smarthost",
        "preference": 10,
        "weight": 10,
        "tls_policy": "opportunistic",
    }
    return {**defaults, **fields}


def credential_form(zone: Zone, *applications: Application, **fields: Any) -> dict[str, Any]:
    chosen = [application.pk for application in applications]
    defaults = {"zone": zone.pk, "name": "web shop", "enabled": "on", "channel": "email", "scopes": [Scope.SEND]}
    return {**defaults, "applications": chosen, **fields}


def text_of(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


@pytest.mark.parametrize("model", MODELS)
def test_it_shows_each_list_and_each_empty_form(operator: Client, application: Application, model: str) -> None:
    assert operator.get(reverse(f"admin:epm_{model}_changelist")).status_code == 200
    assert operator.get(reverse(f"admin:epm_{model}_add")).status_code == 200


def test_it_shows_each_row(
    operator: Client, application: Application, connection: EmailConnection, credential: tuple[Credential, str]
) -> None:
    for row in (application.zone, application, connection, credential[0]):
        assert operator.get(change_url(row)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_however_long_they_are(
    operator: Client, zone: Zone, django_assert_max_num_queries: Any, model: str
) -> None:
    for n in range(20):
        application = factories.make_application(zone, f"app {n}", (f"a{n}@example.com", f"b{n}@example.com"))
        factories.make_connection(zone, f"out {n}")
        factories.make_credential(zone, application)
    operator.get(reverse("admin:index"))
    with django_assert_max_num_queries(12):
        operator.get(reverse(f"admin:epm_{model}_changelist"))


def test_it_saves_an_application_with_its_addresses(operator: Client, zone: Zone) -> None:
    inline = {"addresses-TOTAL_FORMS": 1, "addresses-0-address": "Orders@EXAMPLE.com"}
    response = operator.post(reverse("admin:epm_application_add"), form_of(zone, **inline))
    assert response.status_code == 302
    assert Application.objects.get().addresses.get().address == "Orders@example.com"


def test_it_names_who_has_the_address_already(operator: Client, zone: Zone) -> None:
    factories.make_application(zone, "orders", ("orders@example.com",))
    inline = {"addresses-TOTAL_FORMS": 1, "addresses-0-address": "orders@example.com"}
    page = text_of(operator.post(reverse("admin:epm_application_add"), form_of(zone, **inline)))
    assert "orders@example.com belongs to main:orders already" in page


def test_it_says_what_is_wrong_at_the_field(operator: Client, zone: Zone) -> None:
    page = text_of(operator.post(reverse("admin:epm_application_add"), form_of(zone, application_url="")))
    assert "Delivery receipts launch the application, so it needs an application URL" in page


def test_it_warns_of_what_is_allowed_and_hardly_meant(operator: Client, zone: Zone) -> None:
    form = connection_form(zone, port=465)
    page = text_of(operator.post(reverse("admin:epm_emailconnection_add"), form, follow=True))
    assert "Port 465 usually speaks TLS, not STARTTLS" in page


def test_it_shows_the_signing_secret_to_operators_only(
    operator: Client, support: Client, application: Application
) -> None:
    assert application.signing_secret in text_of(operator.get(change_url(application)))
    assert application.signing_secret not in text_of(support.get(change_url(application)))


def test_it_renews_a_signing_secret_when_asked_by_post(operator: Client, application: Application) -> None:
    url, before = (
        reverse("admin:epm_application_renew_signing_secret", args=[application.pk]),
        application.signing_secret,
    )
    operator.get(url)
    application.refresh_from_db()
    assert application.signing_secret == before
    operator.post(url)
    application.refresh_from_db()
    assert application.signing_secret != before


def test_it_never_shows_a_password(operator: Client, zone: Zone) -> None:
    connection = factories.make_connection(zone, user_name="anna", password="very secret")
    assert "very secret" not in text_of(operator.get(change_url(connection)))


@pytest.mark.parametrize(("written", "kept"), [({}, "old"), ({"password": "new"}, "new"), ({"user_name": ""}, "")])
def test_it_keeps_a_password_until_another_is_written(
    operator: Client, zone: Zone, written: dict[str, str], kept: str
) -> None:
    connection = factories.make_connection(zone, transport=Transport.TLS, user_name="anna", password="old")
    form = connection_form(zone, **{"user_name": "anna", "password": "", **written})
    assert operator.post(change_url(connection), form).status_code == 302
    connection.refresh_from_db()
    assert connection.password == kept


def test_it_shows_a_new_secret_exactly_once(operator: Client, zone: Zone, application: Application) -> None:
    response = operator.post(reverse("admin:epm_credential_add"), credential_form(zone, application))
    [secret] = set(re.findall(r'data-copy="([\w-]{43})"', text_of(response)))
    credential = Credential.objects.get()
    assert credential.accepts(secret)
    assert "no-store" in response["Cache-Control"]
    assert secret not in text_of(operator.get(change_url(credential)))


def test_it_renews_the_secret_of_a_credential(operator: Client, credential: tuple[Credential, str]) -> None:
    row, before = credential
    page = text_of(operator.post(reverse("admin:epm_credential_renew_secret", args=[row.pk]), {"overlap": "0"}))
    row.refresh_from_db()
    [secret] = set(re.findall(r'data-copy="([\w-]{43})"', page))
    assert not row.accepts(before)
    assert row.accepts(secret)


def test_it_asks_before_it_renews_a_secret(operator: Client, credential: tuple[Credential, str]) -> None:
    page = text_of(operator.get(reverse("admin:epm_credential_renew_secret", args=[credential[0].pk])))
    assert "One more week" in page
    credential[0].refresh_from_db()
    assert credential[0].accepts(credential[1])


def test_the_old_secret_works_as_long_as_the_operator_chose_or_until_it_is_ended(
    operator: Client, credential: tuple[Credential, str]
) -> None:
    row, before = credential
    page = text_of(operator.post(reverse("admin:epm_credential_renew_secret", args=[row.pk]), {"overlap": "24"}))
    row.refresh_from_db()
    assert row.accepts(before)
    assert "The old one works until" in page
    assert "works until" in text_of(operator.get(change_url(row)))
    operator.post(reverse("admin:epm_credential_end_old_secret", args=[row.pk]))
    row.refresh_from_db()
    assert not row.accepts(before)


def test_it_says_where_there_is_no_old_secret_to_end(operator: Client, credential: tuple[Credential, str]) -> None:
    url = reverse("admin:epm_credential_end_old_secret", args=[credential[0].pk])
    assert "there is no old one to end" in text_of(operator.get(url, follow=True))


def test_it_tells_to_renew_a_secret_of_which_only_a_hash_was_kept(
    operator: Client, application: Application, credential: tuple[Credential, str]
) -> None:
    form = credential_form(application.zone, application, takes_digest="on", requests_per_minute="60")
    page = text_of(operator.post(change_url(credential[0]), form, follow=True))
    assert "Of its secret only a hash was kept" in page
    assert Credential.objects.get().requests_per_minute == 60


def test_it_refuses_a_credential_for_nothing(operator: Client, zone: Zone) -> None:
    page = text_of(operator.post(reverse("admin:epm_credential_add"), credential_form(zone)))
    assert "Choose its applications, or let it use all applications of its zone" in page


def test_it_refuses_applications_of_another_zone(operator: Client, application: Application) -> None:
    form = credential_form(factories.make_zone("other"), application)
    assert "main:orders: not in zone other" in text_of(operator.post(reverse("admin:epm_credential_add"), form))


def test_all_applications_means_that_none_is_listed(operator: Client, application: Application) -> None:
    form = credential_form(application.zone, application, all_applications="on")
    operator.post(reverse("admin:epm_credential_add"), form)
    assert not Credential.objects.get().applications.exists()


def test_it_says_plainly_that_mail_refers_to_what_was_to_be_deleted(operator: Client, story: Message) -> None:
    application = story.application
    assert application is not None
    page = text_of(operator.post(delete_url(application), {"post": "yes"}, follow=True))
    assert "main:orders cannot be deleted:" in page
    assert "refer to it. Disable it instead." in page
    assert Application.objects.exists()


def test_a_credential_has_a_name_the_console_need_not_escape(credential: tuple[Credential, str]) -> None:
    assert quote(credential[0].pk) == credential[0].pk


def test_it_deletes_what_nothing_refers_to(operator: Client, application: Application) -> None:
    operator.post(delete_url(application), {"post": "yes"})
    assert not Application.objects.exists()


def delete_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_delete", args=[row.pk])


def test_support_may_look_and_not_touch(support: Client, application: Application) -> None:
    assert support.get(change_url(application)).status_code == 200
    assert support.post(change_url(application), form_of(application.zone)).status_code == 403
    assert support.get(reverse("admin:epm_application_add")).status_code == 403
    assert support.get(reverse("admin:epm_application_renew_signing_secret", args=[application.pk])).status_code == 403


def test_support_sees_no_credentials(support: Client, credential: tuple[Credential, str]) -> None:
    assert support.get(reverse("admin:epm_credential_changelist")).status_code == 403
    assert "Credentials" not in text_of(support.get(reverse("admin:index")))


def test_it_lets_nobody_in_without_a_login(application: Application) -> None:
    assert Client().get(change_url(application)).status_code == 302


def test_what_a_direct_connection_has_no_use_for_is_dropped(operator: Client, zone: Zone) -> None:
    form = connection_form(zone, kind="direct", server="left.over.example", user_name="anna", password="x", port=25)
    operator.post(reverse("admin:epm_emailconnection_add"), form)
    saved = EmailConnection.objects.get()
    assert (saved.kind, saved.server, saved.user_name, saved.password) == ("direct", "", "", "")
