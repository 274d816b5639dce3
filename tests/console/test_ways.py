import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from email_processor.models import ConnectionStanding, PausedDestination, SlowedDestination
from email_processor.outbound import standing
from epm.console.links import change_url
from epm.models import EmailConnection, Zone

pytestmark = pytest.mark.django_db


def test_the_dashboard_tells_how_processors_and_connections_are_doing(
    operator: Client, connection: EmailConnection
) -> None:
    standing.report("mailhost-7", ["main"], standing.Phase.RUNNING)
    page = operator.get(reverse("admin:index")).content.decode()
    assert "mailhost-7" in page
    assert "Need Configuration" in page


def test_the_page_of_a_broken_connection_says_what_is_wrong(operator: Client, connection: EmailConnection) -> None:
    standing.report("mailhost-7", ["main"], standing.Phase.RUNNING)
    ConnectionStanding.objects.create(
        connection=connection, changed_at=timezone.now(), retry_at=timezone.now(), why="535 <wrong> password"
    )
    page = operator.get(change_url(connection)).content.decode()
    assert "535 &lt;wrong&gt; password" in page
    assert "It is tried again" in page


def test_the_page_of_a_connection_says_where_it_is_slower(operator: Client, connection: EmailConnection) -> None:
    SlowedDestination.objects.create(
        connection=connection, domain="slow.example", steps=2, why="421 too fast", changed_at=timezone.now()
    )
    page = operator.get(change_url(connection)).content.decode()
    assert "slow.example" in page
    assert "1/4 of the usual" in page


def test_an_operator_pauses_a_destination(operator: Client, zone: Zone) -> None:
    form = {"zone": zone.pk, "domain": "Bücher.example", "why": "their servers burn"}
    operator.post(reverse("admin:email_processor_pauseddestination_add"), form)
    assert PausedDestination.objects.get().domain == "xn--bcher-kva.example"


def test_support_sees_what_is_paused_and_pauses_nothing(support: Client, zone: Zone) -> None:
    PausedDestination.objects.create(zone=zone, domain="burning.example")
    assert (
        "burning.example" in support.get(reverse("admin:email_processor_pauseddestination_changelist")).content.decode()
    )
    assert support.get(reverse("admin:email_processor_pauseddestination_add")).status_code == 403
