"""Raw mail, to be looked at as text or saved as an .eml file."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

SHOWN_OCTETS = 100_000
"""A page shows so much of a raw mail; the file has all of it."""


def mail_file(name: str, site: AdminSite, read: Callable[[HttpRequest, UUID], bytes]) -> URLPattern:
    """The URL under which `read`, which checks permission, gives a row's raw mail as a download."""

    def download(request: HttpRequest, id: UUID) -> HttpResponse:
        # octet-stream and attachment: a mail is somebody else's HTML, and must never run in the console's origin.
        return HttpResponse(
            read(request, id),
            content_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{id}.eml"', "X-Content-Type-Options": "nosniff"},
        )

    return path("<uuid:id>/mail.eml", site.admin_view(download), name=name)


def as_text(raw: "bytes | memoryview[int]") -> str:
    """The beginning of a raw mail as people can read it; octets that are no UTF-8 are shown as such."""
    return bytes(raw[:SHOWN_OCTETS]).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
