"""`manage.py listener`: take in mail by SMTP and LMTP, in the foreground."""

import asyncio
import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from email_processor.inbound.listener import CannotListen, Listener, tls_context
from lib.doorbell import gathered

RING_PAUSE = 0.1
"""Seconds between two rings: a worker settles at once what is due, and a hundred mails cost it little more than one."""


class Command(BaseCommand):
    help = "Take in delivery reports and mails for applications by SMTP and LMTP, until SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.EPM_LISTENER_HOST)
        parser.add_argument("--port", type=int, default=settings.EPM_LISTENER_PORT)
        parser.add_argument("--lmtp-port", type=int, default=settings.EPM_LMTP_PORT, help="0: no LMTP")

    def handle(self, *args: Any, **options: Any) -> None:
        # aiosmtpd tells every command of every connection at level INFO.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        try:
            listener = Listener(options["host"], options["port"], options["lmtp_port"] or None, tls=tls_context())
            with (
                gathered(lambda _: time.sleep(RING_PAUSE)),
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                runner.run(self._live(listener))
        except CannotListen as error:
            raise CommandError(str(error)) from error

    async def _live(self, listener: Listener) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with listener:
            lmtp = f", lmtp://{listener.host}:{listener.lmtp_port}" if listener.lmtp_port else ""
            self.stdout.write(f"taking in mail: smtp://{listener.host}:{listener.smtp_port}{lmtp}")
            self.stdout.flush()
            await stop.wait()
