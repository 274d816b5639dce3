"""Line breaks and other controls in every text that a caller may write: none ever begins a header field of its own."""

import json
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest

from app_interface.parameters import SEND
from email_processor.models import Content, Message, Recipient
from tests.interface.conftest import Door, problem
from tests.interface.test_every_parameter import SENT, TABLE

EVIL = "evil@example.net"
BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\r\n\r\n", "=0D=0A", "%0d%0a", "\0", "\r\n "]
MORE: dict[str, Any] = {
    "to": [{"address": "jo@example.net", "name": "Jo", "orcpt": "rfc822;jo@example.net", "metadata": {"a": "b"}}],
    "attachments": [{"fileName": "a.txt", "contentType": "text/plain; x=y", "contentId": "a", "content": "YWJj"}],
    "html": "<img src='cid:a'>",
}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every text inside `value`; None at its end means the name itself."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from ((*path, name, None), *leaves(item, (*path, name)))


def injected(value: Any, path: tuple[Any, ...], more: str) -> Any:
    """`value` with `more` behind the text, or in the name, at the end of `path`."""
    if not path:
        return f"{value}{more}"
    step, *rest = path
    if isinstance(value, list):
        return [injected(item, tuple(rest), more) if index == step else item for index, item in enumerate(value)]
    if rest == [None]:
        return {f"{name}{more}" if name == step else name: item for name, item in value.items()}
    return {name: injected(item, tuple(rest), more) if name == step else item for name, item in value.items()}


NOT_FETCHED = {
    name: row.rest for name, row in TABLE.items() if name in {p.name for p in SEND} and name != "attachments"
}
ASKED = {**NOT_FETCHED, **SENT, **MORE, "subject": "Hello", "connection": "way out", "sandbox": False}
WALK = list(leaves(ASKED))


@pytest.fixture
def whole(door: Door) -> dict[str, Any]:
    """Every parameter at once, as it may be asked for."""
    return {**ASKED, "applicationName": "orders"}


def test_the_walk_comes_everywhere(door: Door, whole: dict[str, Any]) -> None:
    assert {path[0] for path in WALK} >= {p.name for p in SEND} - {"requestTimeout", "sandbox"}
    assert door.post("emails", whole).status_code == 202


@pytest.mark.parametrize("path", WALK, ids=lambda path: ".".join(str(step) for step in path))
def test_no_text_begins_a_field_of_its_own(door: Door, whole: dict[str, Any], path: tuple[Any, ...]) -> None:
    for at, line_break in enumerate(BREAKS):
        asked = injected(whole, path, f"{line_break}Bcc: {EVIL}")
        asked["idempotencyKey"] = asked.get("idempotencyKey", "") if path[0] == "idempotencyKey" else f"k-{at}"
        answer = door.post("emails", asked)
        if answer.status_code != 202:
            assert problem(answer)[0] in (400, 403, 404, 413), (line_break, answer.content)
            continue
        mail = message_from_bytes(bytes(Content.objects.latest("message_id").mime))
        names = {name.lower() for part in mail.walk() for name in part}
        assert "bcc" not in names, (line_break, json.dumps(asked))
    assert not Recipient.objects.filter(address=EVIL).exists()
    assert all("\n" not in message.subject for message in Message.objects.all())
