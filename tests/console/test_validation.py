"""Each sentence an operator may read, asked for by the row that deserves it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Model

from epm import advice, validation
from epm.choices import Channel, InDoubtPolicy, MessageTypes, Transport
from epm.models import Application, ApplicationAddress, Credential, EmailConnection, Zone
from tests import factories

pytestmark = pytest.mark.django_db


def problems_of(row: Model) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return caught.value.message_dict


def application_in(zone: Zone, **fields: Any) -> Application:
    return Application(zone=zone, **{"name": "new", "application_url": "https://app.example.com/run", **fields})


def connection_in(zone: Zone, **fields: Any) -> EmailConnection:
    defaults = {"name": "new", "server": "mail.example.com", "return_path_domain": "bounces.example.com"}
    return EmailConnection(zone=zone, **{**defaults, **fields})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://app.example.com", "must begin with http:// or https://"),
        ("app.example.com/run", "must begin with http:// or https://"),
        ("https://", "names no usable host"),
        ("https://-bad-.example/", "names no usable host"),
        ("https://anna:secret@app.example.com/", "Leave user name and password out"),
        ("https://app.example.com/run#now", "Leave out “#now”"),
        ("https://app.example.com:99999/", "is no web address"),
        ("https://app.example.com/a b", "no spaces"),
    ],
)
def test_it_refuses_a_bad_url(zone: Zone, url: str, words: str) -> None:
    assert words in problems_of(application_in(zone, application_url=url))["application_url"][0]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/x?y=1", "http://receiver:9000/", "https://exämple.de/", "http://[::1]/"]
)
def test_it_takes_urls_of_internal_hosts_too(zone: Zone, url: str) -> None:
    application_in(zone, application_url=url, notification_url=url).full_clean()


def test_it_refuses_a_delivery_application_without_an_application_url(zone: Zone) -> None:
    row = application_in(zone, message_types=MessageTypes.DELIVERY, application_url="")
    assert "it needs an application URL" in problems_of(row)["application_url"][0]


def test_it_takes_a_regular_application_without_an_application_url(zone: Zone) -> None:
    application_in(zone, message_types=MessageTypes.REGULAR, application_url="").full_clean()


def test_it_names_the_application_that_has_the_address_already(zone: Zone) -> None:
    factories.make_application(zone, "orders", addresses=("orders@example.com",))
    row = ApplicationAddress(application=factories.make_application(zone, "returns"), address="Orders@Example.COM")
    assert problems_of(row) == {
        "address": ["Orders@example.com belongs to main:orders already. One address belongs to one application."]
    }


def test_it_keeps_the_domain_of_an_address_in_lower_case(application: Application) -> None:
    row = ApplicationAddress(application=application, address="Orders@Example.COM")
    row.full_clean()
    assert row.address == "Orders@example.com"


@pytest.mark.parametrize("address", ["orders", "orders@", "@example.com", "or ders@example.com", "orders@exa mple.com"])
def test_it_refuses_what_is_no_address(application: Application, address: str) -> None:
    assert (
        "is no email address" in problems_of(ApplicationAddress(application=application, address=address))["address"][0]
    )


def test_it_refuses_allowed_senders_outside_the_zone(zone: Zone) -> None:
    row = application_in(zone, allowed_senders="a@example.com\n@sub.example.com")
    assert "“@sub.example.com” lies outside the sender domains of zone main" in problems_of(row)["allowed_senders"][0]


@pytest.mark.parametrize("line", ["example.com", "@", "a@", "a@..ü", "a b@example.com", "ü@\0"])
def test_it_refuses_allowed_senders_that_are_none(zone: Zone, line: str) -> None:
    row = application_in(zone, allowed_senders=line)
    assert "is neither an address nor a @domain" in problems_of(row)["allowed_senders"][0]


def test_it_names_the_application_that_has_the_short_code_already(zone: Zone, application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(short_code="4711")
    assert (
        "main:orders has this short code already"
        in problems_of(application_in(zone, short_code="4711"))["short_code"][0]
    )


def test_it_refuses_a_wait_of_no_minutes(zone: Zone) -> None:
    row = application_in(zone, in_doubt_policy=InDoubtPolicy.WAIT, in_doubt_wait=0)
    assert "at least 1" in problems_of(row)["in_doubt_wait"][0]


def test_it_refuses_a_colon_in_a_name(zone: Zone) -> None:
    assert "no colon" in problems_of(application_in(zone, name="a:b"))["name"][0]


def test_it_keeps_an_application_in_its_zone(application: Application) -> None:
    application.zone = factories.make_zone("other")
    assert "It stays in its zone" in problems_of(application)["zone"][0]


def test_it_keeps_the_name_of_a_zone(zone: Zone) -> None:
    zone.name = "renamed"
    assert "A zone keeps its name" in problems_of(zone)["name"][0]


@pytest.mark.parametrize(
    "line", ["exa mple.com", "-example.com", "@example.com", "192.0.2.1", "*.", "http://example.com"]
)
def test_it_refuses_sender_domains_that_are_none(line: str) -> None:
    row = Zone(name="new", sender_domains=f"example.com\n{line}")
    assert f"“{line}” is no domain" in problems_of(row)["sender_domains"][0]


def test_a_domain_is_the_same_in_both_its_forms() -> None:
    assert validation.covers(["exämple.de"], "xn--exmple-cua.de")


def test_a_wildcard_covers_subdomains_and_not_the_domain() -> None:
    patterns = ["example.com", "*.Example.net"]
    assert [
        validation.covers(patterns, d) for d in ("Example.com", "a.example.com", "a.b.example.net", "example.net")
    ] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"server": "mail server"}, "server", "is no host name and no IP address"),
        ({"port": 0}, "port", "between 1 and 65535"),
        ({"port": 70000}, "port", "between 1 and 65535"),
        ({"password": "x"}, "user_name", "A password needs the user name"),
        ({"user_name": "anna"}, "password", "will ask for the password of anna"),
        ({"return_path_domain": "bounces@example.com"}, "return_path_domain", "is no domain"),
        ({"sender_address": "shop"}, "sender_address", "is no email address"),
        ({"sender_address": "shop@example.org"}, "sender_address", "lies outside the sender domains"),
        ({"max_connections": 0}, "max_connections", "disable the connection"),
        ({"max_per_destination": 0}, "max_per_destination", "disable the connection"),
        ({"max_per_second": 0}, "max_per_second", "disable the connection"),
        ({"weight": 0}, "weight", "disable the connection"),
        ({"server": ""}, "server", "Which mail server"),
        ({"kind": "direct"}, "server", "leave this empty"),
        ({"kind": "direct", "server": "", "user_name": "anna", "password": "x"}, "user_name", "leave this empty"),
        ({"tls_policy_of_domains": "bank.example sometimes"}, "tls_policy_of_domains", "is no policy"),
        ({"tls_policy_of_domains": "verified"}, "tls_policy_of_domains", "is no policy"),
        ({"source_ipv4": "::1"}, "source_ipv4", "IPv4"),
    ],
)
def test_it_refuses_a_contradictory_connection(zone: Zone, fields: dict[str, Any], field: str, words: str) -> None:
    assert words in problems_of(connection_in(zone, **fields))[field][0]


def test_it_warns_of_a_port_that_contradicts_the_transport(zone: Zone) -> None:
    row = connection_in(zone, transport=Transport.STARTTLS, port=465)
    row.full_clean()
    assert "Port 465 usually speaks TLS, not STARTTLS, whose usual port is 587" in advice.about_connection(row)[0]


def test_it_warns_of_a_password_in_the_clear(zone: Zone) -> None:
    row = connection_in(zone, transport=Transport.TCP, port=25, user_name="anna", password="x")
    assert "unprotected" in advice.about_connection(row)[0]


def test_it_has_no_doubts_about_a_usual_connection(zone: Zone) -> None:
    assert advice.about_connection(connection_in(zone)) == []


def test_it_warns_of_an_application_that_nobody_hears_of(zone: Zone) -> None:
    row = factories.make_application(zone, notification_url="", message_types=MessageTypes.REGULAR, application_url="")
    assert len(advice.about_application(row)) == 2


@pytest.mark.parametrize(
    ("networks", "words"),
    [("192.0.2.0/33", "is no network"), ("home", "is no network"), ("192.0.2.7/24", "Did you mean 192.0.2.0/24?")],
)
def test_it_refuses_networks_that_are_none(zone: Zone, networks: str, words: str) -> None:
    row = Credential(zone=zone, name="new", secret_hash="x", allowed_networks=networks)
    assert words in problems_of(row)["allowed_networks"][0]


@pytest.mark.parametrize("networks", ["192.0.2.7", "192.0.2.0/24\n2001:db8::/32", ""])
def test_it_takes_networks_and_single_addresses(zone: Zone, networks: str) -> None:
    Credential(zone=zone, name="new", secret_hash="x", allowed_networks=networks).full_clean()


@pytest.mark.parametrize("scopes", [[], ["send", "fly"], "send"])
def test_it_refuses_scopes_that_are_none(zone: Zone, scopes: Any) -> None:
    assert "scopes" in problems_of(Credential(zone=zone, name="new", secret_hash="x", scopes=scopes))


def test_it_refuses_a_credential_without_applications(zone: Zone) -> None:
    with pytest.raises(ValidationError, match="Choose its applications"):
        validation.check_applications_of(Credential(zone=zone), [])


def test_a_voice_credential_may_do_without_applications(zone: Zone) -> None:
    validation.check_applications_of(Credential(zone=zone, channel=Channel.VOICE), [])


def test_it_refuses_applications_of_another_zone(application: Application) -> None:
    with pytest.raises(ValidationError, match="main:orders: not in zone other"):
        validation.check_applications_of(Credential(zone=factories.make_zone("other")), [application])


def test_it_refuses_applications_besides_all_of_them(zone: Zone, application: Application) -> None:
    with pytest.raises(ValidationError, match="list none besides"):
        validation.check_applications_of(Credential(zone=zone, all_applications=True), [application])
