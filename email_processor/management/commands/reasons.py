"""Explain why mail is not delivered: what the table of reasons makes of an answer, and which of its rules."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from email_processor.inbound.dsn.fields import best_status
from email_processor.inbound.dsn.reasons import TABLE, explain
from email_processor.inbound.dsn.report import Action, Reason


class Command(BaseCommand):
    help = "Lists the reasons for failure, or explains one server's answer."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--explain", metavar="ANSWER", help='a server\'s answer, for example "550 5.1.1 User unknown"'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        answer = options["explain"]
        if answer is None:
            for reason in TABLE.classes.values():
                self.stdout.write(f"{reason.word}: {_nature(reason)}\n  {reason.explanation}")
            return
        status = best_status("", answer, Action.FAILED)
        reason = explain(status, answer)
        self.stdout.write(
            f"{reason.word}: {_nature(reason)}\n  {reason.explanation}\n  status {status}, by {reason.rule}"
        )


def _nature(reason: Reason) -> str:
    return f"{'hard' if reason.permanent else 'soft'}, fault: {reason.fault}"
