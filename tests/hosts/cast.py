"""Zones with a way out each to one server, and mails in them: `python -m tests.hosts.cast SERVER PORT MAILS ZONE…`."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from email_processor.outbound.acceptance import accept  # noqa: E402
from tests import factories  # noqa: E402
from tests.outbound.submissions import make_submission  # noqa: E402


def main(server: str, port: int, mails: int, zones: list[str]) -> None:
    call_command("migrate", verbosity=0)
    for name in zones:
        zone = factories.make_zone(name)
        factories.make_connection(zone, name, server=server, port=port)
        accept(make_submission(zone, *(f"{number}@{name}.example" for number in range(mails))))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
