from collections.abc import Iterator
from typing import Any

import pytest

from email_processor.models import Attachment, Content, Message
from tests.interface.conftest import Door, problem
from tests.receivers import Receiver, Reply, receiver


@pytest.fixture
def files() -> Iterator[Receiver]:
    """A web server that has attachments."""
    with receiver() as server:
        yield server


def attached(*urls: str) -> dict[str, Any]:
    return {"attachments": [{"url": url} for url in urls]}


def test_it_fetches_urls_before_it_accepts(door: Door, files: Receiver) -> None:
    files.answers(Reply(200, b"%PDF", {"Content-Type": "application/pdf; x=y"}))
    url = f"{files.url}/invoices/no%201.pdf?key=1"
    assert door.send(**attached(url)).status_code == 202
    file = Attachment.objects.get()
    assert (file.file_name, file.content_type, file.size, file.url) == ("no 1.pdf", "application/pdf", 4, url)
    assert b"JVBERg==" in bytes(Content.objects.get().mime)


def test_what_the_caller_says_of_a_file_goes_first(door: Door, files: Receiver) -> None:
    url = {"url": f"{files.url}/x", "fileName": "a.csv", "contentType": "text/csv"}
    door.send(attachments=[url])
    assert (Attachment.objects.get().file_name, Attachment.objects.get().content_type) == ("a.csv", "text/csv")


def test_it_accepts_nothing_where_a_file_is_not_there(door: Door, files: Receiver) -> None:
    files.answers(Reply(200), Reply(404))
    answer = door.send(**attached(f"{files.url}/a", f"{files.url}/b"))
    assert problem(answer) == (422, "attachment_unavailable", "attachments[1].url")
    assert not Message.objects.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a", "http://169.254.169.254/latest"])
def test_it_says_which_file_cannot_be_reached(door: Door, url: str) -> None:
    answer = door.send(**attached(url))
    assert problem(answer) == (422, "attachment_unavailable", "attachments[0].url")


def test_it_does_not_wait_longer_than_asked(door: Door, files: Receiver) -> None:
    files.answers(Reply(hang=True))
    answer = door.send(**attached(f"{files.url}/a"), requestTimeout=1)
    assert problem(answer)[:2] == (422, "attachment_unavailable")
    assert "within" in answer.json()["detail"]


def test_it_stops_at_the_limit_of_all_files_together(door: Door, files: Receiver, settings: Any) -> None:
    settings.EPM_MESSAGE_LIMIT = 150
    files.answers(Reply(200, b"x" * 100))
    assert door.send(**attached(f"{files.url}/a")).status_code == 202
    answer = door.send(**attached(f"{files.url}/a", f"{files.url}/b"))
    assert problem(answer) == (413, "message_too_large", "attachments")


def test_a_repeat_fetches_nothing_again(door: Door, files: Receiver) -> None:
    for _ in range(2):
        door.send(**attached(f"{files.url}/a"), idempotencyKey="k")
    assert len(files.received) == 1


@pytest.mark.parametrize("name", [".", "..", " ", "a/b", "a\\b", "a\r\nb"])
def test_it_refuses_names_that_are_none_of_a_file(door: Door, name: str) -> None:
    answer = door.send(attachments=[{"fileName": name, "content": "YWJj"}])
    assert problem(answer) == (400, "invalid_request", "attachments[0].fileName")
