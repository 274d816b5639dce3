"""When a request has arrived, as far as one can tell from what is there."""

import pytest

from project.web import ASIDE, is_whole

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (HEAD + b"Content-Length: 3\r\n\r\n", False),
        (HEAD + b"Content-Length: 3\r\n\r\nab", False),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", True),
        (HEAD + b"content-length:3\r\n\r\nabcGET", True),
        (HEAD + b"Content-Length: three\r\n\r\n", True),
        (HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n", True),
        (b"x" * ASIDE, True),
        (HEAD + b"Content-Length: 9000000\r\n\r\n" + b"x" * ASIDE, True),
    ],
)
def test_it_knows_what_is_whole(raw: bytes, whole: bool) -> None:
    assert is_whole(raw) is whole
