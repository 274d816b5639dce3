"""`manage.py mailboxes`: read the mailboxes that operators configured, in the foreground."""

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from email_processor.inbound.mailbox.pollers import Pollers


class Command(BaseCommand):
    help = "Take in mail from the configured IMAP and POP3 mailboxes, until SIGTERM or SIGINT. May run on several machines."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("reading mailboxes")
        self.stdout.flush()
        Pollers(stop).run()
