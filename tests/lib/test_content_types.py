from collections.abc import Iterable
from typing import Any

import pytest

from lib.content_types import reads_content_types


def asked(content_type: str) -> str:
    """The Content-Type that the application is handed."""
    seen: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(environ["CONTENT_TYPE"])
        return []

    reads_content_types(application)({"CONTENT_TYPE": content_type}, lambda *_: print)
    return seen[0]


@pytest.mark.parametrize("content_type", ["", "text/xml; charset=utf-8", "text/xml; charset*=utf-8''utf-8", "*/*"])
def test_it_leaves_alone_what_can_be_read(content_type: str) -> None:
    assert asked(content_type) == content_type


def test_it_takes_what_cannot_be_read_for_none() -> None:
    assert asked("text/xml; charset*=nonsense'en'%zz") == ""
