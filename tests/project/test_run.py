import socket
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from pytest_django import Settings

from epm.models import Application, Credential, EmailConnection
from project.demo.instance import free_ports
from project.management.commands import run
from project.seeding import first_login


@pytest.fixture
def fresh(settings: Settings, tmp_path: Path) -> Settings:
    """An instance nobody has started yet, on ports nobody listens on."""
    settings.VAR = tmp_path
    ports = free_ports(5)
    settings.EPM_WEB_PORT, settings.EPM_LISTENER_PORT, settings.EPM_LMTP_PORT = ports[:3]
    settings.EPM_SIMULATOR_PORT, settings.EPM_EXAMPLE_PORT = ports[3:]
    return settings


def test_it_names_the_setting_of_a_port_that_is_taken(fresh: Settings) -> None:
    port = fresh.EPM_LISTENER_PORT
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(CommandError, match=f"EPM_LISTENER_PORT={port}"),
    ):
        run.refuse_taken_ports()
    run.refuse_taken_ports()


@pytest.mark.django_db
def test_the_first_start_makes_what_a_first_mail_needs(fresh: Settings) -> None:
    login = first_login()
    application = Application.objects.get()
    assert Credential.objects.get(pk=login.credential).accepts(login.secret)
    assert EmailConnection.objects.get().port == fresh.EPM_SIMULATOR_PORT
    application.full_clean()
    assert application.supports_delivery


@pytest.mark.django_db
def test_the_next_start_shows_the_same_login(fresh: Settings) -> None:
    assert first_login() == first_login()
    assert Application.objects.count() == 1


@pytest.mark.django_db
def test_only_the_owner_may_read_the_first_login(fresh: Settings) -> None:
    first_login()
    assert (fresh.VAR / "secrets" / "first_login.json").stat().st_mode & 0o077 == 0
