"""`manage.py take_in < mail`: take in one mail from a pipe, for mail servers that deliver to commands."""

import os
import sys
from argparse import ArgumentParser
from dataclasses import astuple
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from email_processor.inbound import intake
from email_processor.inbound.mailbox.envelope import recover
from email_processor.inbound.routes import Directory
from email_processor.models import InboundMessage


class Command(BaseCommand):
    help = (
        "Take in one mail from standard input. Ends with status 0 only when it is committed, with 75 (EX_TEMPFAIL) where it "
        "cannot be stored now, so that the calling mail server tries again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="mail_from", default="", help="envelope sender; left out, the null sender")
        parser.add_argument(
            "--to",
            dest="rcpt_to",
            help="envelope recipient: a return path or an address; left out, the mail's headers are asked",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        mail_from, rcpt_to = options["mail_from"].strip("<>"), (options["rcpt_to"] or "").strip("<>")
        for address in (mail_from, rcpt_to):
            if address and not intake.is_storable(address):
                raise CommandError(f"{address!r} is no address.", returncode=os.EX_USAGE)
        raw = _standard_input()
        try:
            if not rcpt_to:
                mail_from, rcpt_to = astuple(recover(raw, Directory.read(), ""))
            inbound = intake.take_in(raw, mail_from=mail_from, rcpt_to=rcpt_to, source=InboundMessage.Source.COMMAND)
        except Error as error:
            raise CommandError(f"The mail cannot be stored: {error}", returncode=os.EX_TEMPFAIL) from error
        self.stdout.write(f"taken in: {inbound.pk}")


def _standard_input() -> bytes:
    raw: bytes = sys.stdin.buffer.read(settings.EPM_INBOUND_LIMIT + 1)
    if not raw:
        raise CommandError("There is no mail on standard input.", returncode=os.EX_DATAERR)
    if len(raw) > settings.EPM_INBOUND_LIMIT:
        raise CommandError(f"Mails over {settings.EPM_INBOUND_LIMIT} octets are not taken.", returncode=os.EX_DATAERR)
    return raw
