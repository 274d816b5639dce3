from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from epm.console.registry import GROUPS, console


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]
    """The console: Unfold's admin site, filled from the registry."""

    index_template = "console/dashboard.html"
    index_title = "Dashboard"
    empty_value_display = "–"

    def extra_urls(self) -> list[URLPattern]:
        return [path(page.route, self.admin_view(page.view), name=page.name) for page in console.pages]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {"boxes": console.boxes_for(request), **(extra_context or {})})

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        dashboard = {"title": "Dashboard", "icon": "monitoring", "link": reverse("admin:index")}
        groups = [{"items": [dashboard]}] + [
            {"title": group, "separator": True, "items": self._items(request, group)} for group in GROUPS
        ]
        return [{**group, "items": self._get_navigation_items(request, group["items"], [])} for group in groups]

    def _items(self, request: HttpRequest, group: str) -> list[dict[str, Any]]:
        return [
            {"title": entry.title, "icon": entry.icon, "link": reverse(f"admin:{entry.url}")}
            for entry in console.entries_for(request, group)
        ]
