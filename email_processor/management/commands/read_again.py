"""Read kept mail again with today's reader: show what would change, then change it."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand

from email_processor.inbound import rereading
from email_processor.inbound.rereading import Difference
from email_processor.management.arguments import instant

SHOWN = ("action", "status", "reason", "final_recipient")


class Command(BaseCommand):
    help = "Shows what today's reader says otherwise of mail taken in since a time; with --apply the records follow it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=instant, required=True, metavar="TIME", help="RFC 3339 time or date, in UTC"
        )
        parser.add_argument("--apply", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for difference in rereading.differences(options["since"]):
            count += 1
            self._show(difference)
            if options["apply"]:
                rereading.apply(difference)
        self.stdout.write(
            f"{count} mails {'were brought' if options['apply'] else 'would be brought'} up to today's reader"
        )

    def _show(self, difference: Difference) -> None:
        before, now = difference.kind
        self.stdout.write(f"{difference.mail.pk}: {before}" + (f" -> {now}" if before != now else ""))
        for position, changes in difference.blocks.items():
            self.stdout.write(f"  block {position}: {_words(changes)}")


def _words(changes: Mapping[str, tuple[Any, Any]]) -> str:
    shown = [f"{name} {before!r} -> {now!r}" for name, (before, now) in changes.items() if name in SHOWN]
    others = sorted(set(changes) - set(SHOWN))
    return "; ".join([*shown, *([", ".join(others)] if others else [])])
