"""Read delivery reports without a database: one mail on stdin, or every .eml of a directory."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from email_processor.inbound.dsn.rows import rows


class Command(BaseCommand):
    help = "Reads a delivery report from stdin and prints it as a JSON list, [] if it is none."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", metavar="DIR", help='read DIR/*.eml, print a line {"file", "results"} for each')

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] is None:
            self.stdout.write(json.dumps(rows(sys.stdin.buffer.read()), ensure_ascii=False))
            return
        directory = Path(options["batch"])
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a directory")
        for path in sorted(directory.glob("*.eml")):
            self.stdout.write(json.dumps({"file": path.name, "results": rows(path.read_bytes())}))
