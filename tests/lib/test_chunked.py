from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig

from lib.chunked import Bounded, reads_chunked


def asked(**environ: Any) -> dict[str, Any]:
    """What the application is handed of a request."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ)
        return []

    reads_chunked(application, 10)({"wsgi.input": BytesIO(b"0123456789"), **environ}, lambda *_: print)
    return seen


def test_it_lets_a_body_of_unknown_length_be_read() -> None:
    environ = asked(HTTP_TRANSFER_ENCODING="Chunked", **{"wsgi.input_terminated": True})
    assert (environ["CONTENT_LENGTH"], environ["wsgi.input"].read(10)) == ("10", b"0123456789")


@pytest.mark.parametrize("terminated", [True, False])
def test_it_leaves_a_body_alone_whose_end_is_not_known(terminated: bool) -> None:
    coding = {} if terminated else {"HTTP_TRANSFER_ENCODING": "chunked"}
    assert "CONTENT_LENGTH" not in asked(**coding, **{"wsgi.input_terminated": terminated})


def test_it_refuses_what_goes_on_behind_the_limit() -> None:
    body = Bounded(BytesIO(b"01234\n56789"), 10)
    assert body.readline(100) == b"01234\n"
    with pytest.raises(RequestDataTooBig):
        body.read(100)


class Broken:
    """A body whose chunks make no sense, as a web server tells it."""

    def read(self, size: int) -> bytes:
        raise ZeroDivisionError("Invalid chunk size")

    readline = read


def test_it_tells_of_broken_chunks_as_of_any_body_that_cannot_be_read() -> None:
    for read in (Bounded(Broken(), 10).read, Bounded(Broken(), 10).readline):
        with pytest.raises(OSError, match="Invalid chunk size"):
            read(10)
