"""Bodies whose length was not announced (Transfer-Encoding: chunked, RFC 9112 7.1). Django takes them for empty ones."""

from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import RequestDataTooBig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Input(Protocol):
    """What a web server hands over as `wsgi.input`."""

    def read(self, size: int) -> bytes: ...

    def readline(self, size: int) -> bytes: ...


class Bounded:
    """Ends where the body ends. Raises RequestDataTooBig where that is behind `limit` octets, OSError where the chunks cannot be
    read: every web server has exceptions of its own for that, and Django knows none of them.
    """

    def __init__(self, body: Input, limit: int) -> None:
        self._body, self._left = body, limit

    def read(self, size: int) -> bytes:
        return self._counted(_from(self._body.read, min(size, self._left)))

    def readline(self, size: int) -> bytes:
        return self._counted(_from(self._body.readline, min(size, self._left)))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if not self._left and _from(self._body.read, 1):
            raise RequestDataTooBig("The body is larger than any may be.")
        return data


def _from(read: "Callable[[int], bytes]", size: int) -> bytes:
    try:
        return read(size)
    except OSError:
        raise
    except Exception as error:
        raise OSError(str(error)) from error


def reads_chunked(application: "WSGIApplication", limit: int) -> "WSGIApplication":
    """`application`, which then reads bodies of unknown length too, of at most `limit` octets.

    To Django such a body has the greatest length that is allowed, and ends early.
    """

    def asked(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        if is_chunked(environ):
            environ["wsgi.input"] = Bounded(environ["wsgi.input"], limit)
            environ["CONTENT_LENGTH"] = str(limit)
        return application(environ, start_response)

    return asked


def is_chunked(environ: dict[str, Any]) -> bool:
    """Has the web server undone the chunks, so that the body ends by itself?"""
    coding = environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower()
    return coding == "chunked" and bool(environ.get("wsgi.input_terminated"))
