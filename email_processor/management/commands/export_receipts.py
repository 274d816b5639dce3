"""Export receipts as CSV, JSON Lines, or their raw mails as mbox."""

import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from email_processor.inbound.exporting import FORMATS
from email_processor.management.arguments import instant
from email_processor.models import DeliveryReceipt
from lib.ids import earliest_id


class Command(BaseCommand):
    help = "Writes receipts to standard output, oldest first: csv, jsonl, or the raw mails as mbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("format", choices=sorted(FORMATS))
        parser.add_argument("--application", help="name of an application; left out, all and the quarantine")
        parser.add_argument("--since", type=instant, metavar="TIME", help="RFC 3339 time or date, in UTC")
        parser.add_argument("--until", type=instant, metavar="TIME")

        parser.add_argument("--output", type=Path, metavar="FILE", help="left out, standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        receipts = DeliveryReceipt.objects.all()
        if options["application"]:
            receipts = receipts.filter(application__name=options["application"])
        if options["since"]:
            receipts = receipts.filter(pk__gte=earliest_id(options["since"]))
        if options["until"]:
            receipts = receipts.filter(pk__lt=earliest_id(options["until"]))
        with options["output"].open("wb") if options["output"] else nullcontext(sys.stdout.buffer) as file:
            file.writelines(FORMATS[options["format"]](receipts))
