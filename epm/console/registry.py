"""What the apps above show in the console: the one place where they hand it over, each from its own admin.py.

The console draws what it is given and knows nothing of mail.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Context = dict[str, Any]
View = Callable[..., HttpResponseBase]

GROUPS = ("Mail", "Configuration", "Help")
"""The groups of the navigation, in order."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box on the dashboard. `context` answers what `template` shows, or None where there is nothing to show."""

    template: str
    context: Callable[[HttpRequest], Context | None]
    permission: str = ""
    order: int = 100
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A box below the form of one model's row. `context` answers what `template` shows, or None for no box.

    With a `title` a button above the form leads to it.
    """

    template: str
    context: Callable[[HttpRequest, Any], Context | None]
    permission: str = ""
    title: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation; `url` is the name of a URL of the console."""

    group: str
    title: str
    icon: str
    url: str
    permission: str = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A page of its own, for those who are logged in: it checks any further permission itself."""

    route: str
    view: View
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel or box ready to be drawn."""

    template: str
    context: Context
    wide: bool = False
    title: str = ""
    icon: str = ""


@dataclass(slots=True)
class Registry:
    boxes: list[Box] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    panels: dict[type[Model], list[Panel]] = field(default_factory=lambda: defaultdict(list))
    grants: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def add_panel(self, model: type[Model], panel: Panel) -> None:
        self.panels[model].append(panel)

    def grant(self, group: str, app: str, *codenames: str) -> None:
        """Give a group permissions on an app's models (see `epm.console.groups`)."""
        self.grants[group] += [(app, codename) for codename in codenames]

    def boxes_for(self, request: HttpRequest) -> list[Shown]:
        """The dashboard of whoever asks."""
        allowed = sorted((box for box in self.boxes if _may(request, box.permission)), key=lambda box: box.order)
        return [
            Shown(box.template, context, box.wide) for box in allowed if (context := box.context(request)) is not None
        ]

    def panels_for(self, request: HttpRequest, row: Model) -> list[Shown]:
        """The panels of a row's page."""
        allowed = (panel for panel in self.panels[type(row)] if _may(request, panel.permission))
        return [
            Shown(panel.template, context, title=panel.title, icon=panel.icon)
            for panel in allowed
            if (context := panel.context(request, row)) is not None
        ]

    def entries_for(self, request: HttpRequest, group: str) -> list[Entry]:
        """The lines of one group of the navigation."""
        allowed = (entry for entry in self.entries if entry.group == group and _may(request, entry.permission))
        return sorted(allowed, key=lambda entry: entry.order)


def _may(request: HttpRequest, permission: str) -> bool:
    return not permission or request.user.has_perm(permission)


console = Registry()
