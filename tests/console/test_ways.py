import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import ConnectionStanding, Event, EventType, PausedDestination, SlowedDestination, State
from email_processor.outbound import current, standing
from epm.console.links import change_url
from epm.models import EmailConnection, Zone
from tests import factories

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


# --- the current pace


def sent_to(zone: Zone, address: str, event: EventType = EventType.SENT, host: str = "mx.example.net") -> None:
    recipient = factories.make_message(zone, address, recipient={"state": State.SENDING}).recipients.get()
    lifecycle.advance([Move(recipient.pk, event, State(event.value), {"smtp": {"host": host}})])


def line_of(client: Client, domain: str) -> str:
    """The cells of a destination's line."""
    page = client.get(reverse("admin:pace")).content.decode()
    rows = [row for row in page.split("<tr>") if f">{domain}<" in row]
    return " ".join(re.sub(r"<[^>]+>", " ", rows[0].partition("</tr>")[0]).split()) if rows else ""


def test_it_tells_how_fast_mail_goes(operator: Client, zone: Zone) -> None:
    for n in range(3):
        sent_to(zone, f"{n}@example.net")
    sent_to(zone, "full@example.net", EventType.DEFERRED)
    assert re.fullmatch(r"example.net main \d+ 1 0 mx.example.net as usual Pause", line_of(operator, "example.net"))


def test_it_tells_where_servers_slowed_the_mail(operator: Client, connection: EmailConnection) -> None:
    sent_to(connection.zone, "ann@hosted.example", host="hosted-example.mail.provider.example")
    SlowedDestination.objects.create(
        connection=connection, domain="mail.provider.example", steps=1, why="421", changed_at=timezone.now()
    )
    assert "1/2 of the usual" in line_of(operator, "hosted.example")


def test_it_leads_to_pausing_a_destination(operator: Client, zone: Zone) -> None:
    sent_to(zone, "ann@example.net")
    page = operator.get(reverse("admin:pace")).content.decode()
    link = re.search(r'href="([^"]+pauseddestination/add/[^"]+)"', page)
    assert link is not None
    assert 'value="example.net"' in operator.get(html.unescape(link[1])).content.decode()


def test_it_tells_what_is_paused(support: Client, zone: Zone) -> None:
    PausedDestination.objects.create(zone=zone, domain="burning.example")
    assert line_of(support, "burning.example") == "burning.example main 0 0 0 paused Why, and go on"


def test_support_is_not_led_to_pausing(support: Client, zone: Zone) -> None:
    sent_to(zone, "ann@example.net")
    assert line_of(support, "example.net").endswith("as usual")


def test_old_events_are_not_the_current_pace(operator: Client, zone: Zone) -> None:
    sent_to(zone, "ann@example.net")
    Event.objects.update(at=timezone.now() - timedelta(hours=1))
    assert line_of(operator, "example.net") == ""


def test_the_current_pace_looks_at_the_youngest_events_only(
    operator: Client, zone: Zone, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(current, "LOOKED_AT", 2)
    for domain in ("a.example", "b.example", "c.example"):
        sent_to(zone, f"ann@{domain}")
    with django_assert_max_num_queries(12):
        assert line_of(operator, "a.example") == ""
    assert line_of(operator, "c.example")
