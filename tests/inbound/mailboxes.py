"""Mailboxes for tests: rows, and one look into them."""

from threading import Event
from typing import Any

from email_processor.inbound.mailbox.pollers import LEASE
from email_processor.inbound.mailbox.polling import poll
from epm.choices import MailboxTransport
from epm.models import Mailbox, Zone
from lib import claims


def make_mailbox(zone: Zone, name: str = "reports", **fields: Any) -> Mailbox:
    """A mailbox on loopback that is read once in a while; give `port` to reach a real server."""
    defaults = {
        "server": "127.0.0.1",
        "transport": MailboxTransport.TCP,
        "port": 1,
        "user_name": f"{name}@example.com",
        "password": "correct-horse",
        "idle": False,
    }
    return Mailbox.objects.create(zone=zone, name=name, **{**defaults, **fields})


def look_into(mailbox: Mailbox) -> Mailbox:
    """Poll `mailbox` once, as its one poller does; answers its row as it is then."""
    mailbox.save()
    held = claims.claim(Mailbox.objects.filter(pk=mailbox.pk), lease=LEASE, limit=1)
    poll(mailbox.pk, held.token, Event())
    mailbox.refresh_from_db()
    return mailbox
