from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from project import env


class Command(BaseCommand):
    help = "Prints docs/configuration.md: every setting, with its kind, its default and what it does."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    """The page, from the same list that the settings are read through. Defaults are those of an embedded instance."""
    rows = [
        f"| `{s.name}` | {s.kind.replace('|', '/')} | {_default(s.default)} | {s.help} |" for s in env.SETTINGS.values()
    ]
    return "\n".join([*_HEAD, *rows, ""])


def _default(default: str) -> str:
    shown = default.replace(str(settings.VAR), "var").replace(str(settings.BASE_DIR) + "/", "")
    return f"`{shown}`" if shown else "(empty)"


_HEAD = (
    "# Configuration",
    "",
    "Every setting is an environment variable, read once at start-up (`project/env.py`, `project/settings.py`); one that",
    "cannot be used stops the start with a sentence that names it. A secret may also come from a file: set `NAME_FILE`",
    "to its path. The defaults below are those of an embedded instance (`EPM_MODE=embedded`); in production every secret",
    "and address must be set. This page is written by `manage.py configuration`.",
    "",
    "| variable | kind | default | what it does |",
    "|---|---|---|---|",
)
