from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from epm.console.links import change_url
from epm.models import Mailbox, Zone
from tests.inbound.mailboxes import make_mailbox

pytestmark = pytest.mark.django_db


def form(zone: Zone, **fields: Any) -> dict[str, Any]:
    defaults = {
        "zone": zone.pk,
        "name": "bounces",
        "enabled": "on",
        "protocol": "imap",
        "server": "imap.example.com",
        "transport": "tls",
        "port": 993,
        "verify_certificate": "on",
        "login": "password",
        "user_name": "bounces@example.com",
        "password": "correct-horse",
        "folder": "INBOX",
        "after_taking": "delete",
        "poll_seconds": 60,
    }
    return {**defaults, **fields}


def test_it_saves_a_mailbox_that_is_due_at_once(operator: Client, zone: Zone) -> None:
    operator.post(reverse("admin:epm_mailbox_add"), form(zone))
    mailbox = Mailbox.objects.get()
    assert (mailbox.password, mailbox.due_at is not None) == ("correct-horse", True)


def test_it_keeps_a_secret_that_is_not_written_again(operator: Client, zone: Zone) -> None:
    mailbox = make_mailbox(zone)
    operator.post(change_url(mailbox), form(zone, password="", folder="Bounces"))
    mailbox.refresh_from_db()
    assert (mailbox.folder, mailbox.password) == ("Bounces", "correct-horse")


def test_it_never_shows_a_secret(operator: Client, support: Client, zone: Zone) -> None:
    mailbox = make_mailbox(zone)
    for client in (operator, support):
        page = client.get(change_url(mailbox))
        assert page.status_code == 200
        assert "correct-horse" not in page.content.decode()


def test_it_shows_why_a_mailbox_is_not_read(support: Client, zone: Zone) -> None:
    mailbox = make_mailbox(zone)
    Mailbox.objects.filter(pk=mailbox.pk).update(problem="The server does not answer.")
    page = support.get(reverse("admin:epm_mailbox_changelist"))
    assert "The server does not answer." in page.content.decode()


def test_it_refuses_plainly(operator: Client, zone: Zone) -> None:
    page = operator.post(reverse("admin:epm_mailbox_add"), form(zone, protocol="pop3", after_taking="mark"))
    assert "what was taken can only be deleted" in page.content.decode()
    assert not Mailbox.objects.exists()


def test_it_warns_of_mail_that_people_read_first(operator: Client, zone: Zone) -> None:
    page = operator.post(reverse("admin:epm_mailbox_add"), form(zone, after_taking="mark"), follow=True)
    assert "before the platform does is not taken" in page.content.decode()
