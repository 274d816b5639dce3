"""Content-Types that nobody can read. Django raises ValueError over some of them before any view could answer."""

from typing import TYPE_CHECKING

from django.utils.http import parse_header_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def reads_content_types(application: "WSGIApplication") -> "WSGIApplication":
    """`application`, to which a Content-Type that cannot be read is none."""

    def asked(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        if not _is_readable(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = ""
        return application(environ, start_response)

    return asked


def _is_readable(content_type: str) -> bool:
    if "*" not in content_type:
        # Only what is encoded as RFC 2231 says can fail; all others would be read twice for nothing.
        return True
    try:
        parse_header_parameters(content_type)
    except ValueError:
        return False
    return True
