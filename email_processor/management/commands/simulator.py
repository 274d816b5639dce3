"""`manage.py simulator`: run the simulated mail world in the foreground."""

import asyncio
import logging
import signal
import ssl
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from email_processor.simulator import SimulatedWorld, help_page
from email_processor.simulator.door import EXTENSIONS


class Command(BaseCommand):
    help = "Run a simulated mail world: an SMTP server that delivers, refuses, delays and reports as it is told to."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.EPM_SIMULATOR_HOST)
        parser.add_argument("--port", type=int, default=settings.EPM_SIMULATOR_PORT)
        listener = (settings.EPM_LISTENER_HOST, settings.EPM_LISTENER_PORT)
        parser.add_argument(
            "--report-to",
            type=_host_and_port,
            default=listener,
            metavar="HOST:PORT",
            help="default: EPM's own listener",
        )
        parser.add_argument("--no-reports", action="store_const", const=None, dest="report_to")
        parser.add_argument(
            "--maildir",
            type=Path,
            default=Path(settings.EPM_SIMULATOR_MAILDIR) if settings.EPM_SIMULATOR_MAILDIR else None,
            metavar="DIR",
            help="write every mail taken there, a file each",
        )
        parser.add_argument("--short-wait", type=float, default=2.0, metavar="SECONDS")
        parser.add_argument("--long-wait", type=float, default=10.0, metavar="SECONDS")
        parser.add_argument("--slow-reply", type=float, default=3.0, metavar="SECONDS")
        parser.add_argument(
            "--patience", type=float, default=3600.0, metavar="SECONDS", help="how long reports are tried"
        )
        parser.add_argument("--without", action="append", default=[], choices=sorted(EXTENSIONS))
        parser.add_argument("--login", metavar="NAME:PASSWORD", help="demand AUTH")
        parser.add_argument("--tls-certificate", type=Path, metavar="PEM", help="offer STARTTLS")
        parser.add_argument("--tls-key", type=Path, metavar="PEM")
        parser.add_argument("--behaviours", action="store_true", help="list the local parts and what they do, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["behaviours"]:
            self.stdout.write(help_page())
            return
        # aiosmtpd tells every command of every connection at level INFO.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._live(_world(options)))

    async def _live(self, world: SimulatedWorld) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            async with world:
                self.stdout.write(f"simulated world: smtp://{world.host}:{world.port}, {_where_reports_go(world)}")
                self.stdout.flush()
                await stop.wait()
        except OSError as error:
            raise CommandError(f"cannot run on {world.host}:{world.port}: {error}") from error
        self.stdout.write(f"took {world.count} mails, posted {world.reports_posted} reports and answers")


def _world(options: dict[str, Any]) -> SimulatedWorld:
    return SimulatedWorld(
        host=options["host"],
        port=options["port"],
        report_to=options["report_to"],
        maildir=options["maildir"],
        short_wait=options["short_wait"],
        long_wait=options["long_wait"],
        slow_reply=options["slow_reply"],
        patience=options["patience"],
        without=frozenset(options["without"]),
        login=_login(options["login"]),
        tls=_tls(options["tls_certificate"], options["tls_key"]),
        # Nobody reads the memory of this process: what is to be counted goes to --maildir.
        keep=1,
    )


def _where_reports_go(world: SimulatedWorld) -> str:
    if world.report_to is None:
        return "reports are not sent"
    return "reports go to {}:{}".format(*world.report_to)


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (host and colon):
        raise ValueError(text)
    return host.strip("[]"), int(port)


def _login(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    name, colon, password = text.partition(":")
    if not (name and colon):
        raise CommandError("--login takes NAME:PASSWORD")
    return name, password


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise CommandError(f"cannot read the certificate {certificate}: {error}") from error
    return context
