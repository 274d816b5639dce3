"""Prove that no receipt was altered or removed since it was sealed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from email_processor.inbound import sealing
from email_processor.models import ReceiptSeal
from epm.models import Application


class Command(BaseCommand):
    help = (
        "Goes along the chain of every application's receipts, names the first broken link of each, and prints the heads. "
        "Whoever keeps a head elsewhere can prove with --expect that nothing up to it was taken away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--expect", action="append", default=[], metavar="HASH", help="a head printed earlier")

    def handle(self, *args: Any, **options: Any) -> None:
        names = {application.pk: str(application) for application in Application.objects.select_related("zone")}
        broken = 0
        for chain in sealing.verify():
            name = names.get(chain.application, "no application")
            self.stdout.write(f"{name}: {chain.links} links, head {chain.head}")
            if chain.broken:
                broken += 1
                self.stdout.write(f"{name}: BROKEN at {chain.broken}")
            for receipt in chain.changed:
                self.stdout.write(f"{name}: CHANGED since it was first sealed: receipt {receipt}")
        for receipt in sealing.unlinked():
            broken += 1
            self.stdout.write(f"BROKEN: receipt {receipt} counts as sealed, and no chain has it")
        missing = [hash for hash in options["expect"] if not ReceiptSeal.objects.filter(hash=hash).exists()]
        for hash in missing:
            self.stdout.write(f"MISSING: no chain has the link {hash}")
        self.stdout.write(f"{sealing.unsealed()} receipts wait to be sealed")
        if broken or missing:
            raise CommandError("The receipts are not as they were sealed.")
