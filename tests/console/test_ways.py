import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from email_processor.models import ConnectionStanding
from email_processor.outbound import standing
from epm.console.links import change_url
from epm.models import EmailConnection

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
