import json
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from app_interface.problems import TABLE
from email_processor.models import Message
from email_processor.outbound import acceptance
from epm.models import Application
from tests.interface.conftest import MAIL, Door, problem


def mail(extra: bytes) -> bytes:
    """MAIL as JSON with something more inside its braces."""
    return json.dumps(dict(MAIL)).encode()[:-1] + b", " + extra + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b'{"subject": "\xe9"}',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        mail(b'"subject": "twice"'),
        mail(b'"metadata": {"a": "1", "a": "2"}'),
        mail(b'"ucid": "a\\u0000b"'),
        mail(b'"ucid": "\\ud800"'),
        mail(b'"requestTimeout": NaN'),
        mail(b'"requestTimeout": Infinity'),
        mail(b'"requestTimeout": 1e999'),
        mail(b'"requestTimeout": ' + b"9" * 5000),
        mail(b'"x": ' + b"[" * 21 + b"]" * 21),
        b'{"x":' * 100_000,
        mail(b'"x": ' + b"[" * 100_000 + b"]" * 100_000),
    ],
    ids=lambda body: repr(body[:20]) + "…" + repr(body[-20:]),
)
def test_it_refuses_a_body_that_cannot_be_read(door: Door, body: bytes) -> None:
    assert problem(door.raw("emails", body))[:2] == (400, "invalid_request")
    assert not Message.objects.exists()


def test_it_says_in_plain_words_that_a_number_has_too_many_digits(door: Door) -> None:
    said = json.loads(door.raw("emails", mail(b'"requestTimeout": ' + b"9" * 5000)).content)
    assert said["detail"] == "The body has a number of more than 4,300 digits."


def test_a_byte_order_mark_is_ignored(door: Door) -> None:
    assert door.raw("emails", b"\xef\xbb\xbf" + json.dumps(dict(MAIL)).encode()).status_code == 202


def test_it_names_the_name_that_came_twice(door: Door) -> None:
    assert problem(door.raw("emails", mail(b'"subject": "twice"')))[2] == "subject"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""],
)
def test_it_reads_json_in_utf8_only(door: Door, content_type: str) -> None:
    answer = door.raw("emails", json.dumps(dict(MAIL)).encode(), content_type)
    assert problem(answer)[:2] == (415, "unsupported_media")


def test_it_reads_a_named_utf8(door: Door) -> None:
    answer = door.raw("emails", json.dumps(dict(MAIL)).encode(), 'application/json; Charset="UTF-8"')
    assert answer.status_code == 202


def test_it_answers_json_whatever_the_client_accepts(door: Door) -> None:
    answer = door.post("emails", dict(MAIL), Accept="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (202, "application/json")


def test_it_refuses_a_body_that_is_too_large(door: Door, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert problem(door.send(body="a" * 1000))[:2] == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{'a' * 64}@example.net", 202),
        (f"{'a' * 65}@example.net", 400),
        (f"{'ü' * 32}@example.net", 202),
        (f"{'ü' * 33}@example.net", 400),
        (f"jo@{'a' * 63}.example", 202),
        (f"jo@{'a' * 64}.example", 400),
        (f"jo@{'.'.join(['a' * 63] * 4)}", 400),
        (f"{'a' * 64}@{'.'.join(['a' * 61] * 4)}.example", 400),
    ],
    ids=lambda value: str(len(value.encode())) if isinstance(value, str) else str(value),
)
def test_it_minds_how_long_an_address_is(door: Door, address: str, status: int) -> None:
    """Octets, RFC 5321 4.5.3.1: 64 before the @, 255 behind it, 254 in all (4.5.3.1.3 less its brackets)."""
    answer = door.send(to=[address])
    assert answer.status_code == status
    if status == 400:
        assert problem(answer) == (400, "invalid_request", "to[0]")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/emails/", "/api/v2/emails"])
def test_it_knows_no_other_addresses(db: None, path: str) -> None:
    assert problem(Client().get(path))[:2] == (404, "not_found")
    assert problem(Client(enforce_csrf_checks=True).post(path))[:2] == (404, "not_found")


def test_it_refuses_other_methods_and_names_its_own(door: Door) -> None:
    answer = door.get("launches")
    assert problem(answer)[:2] == (405, "method_not_allowed")
    assert answer["Allow"] == "POST, OPTIONS"


def test_it_answers_options_and_head(door: Door) -> None:
    headers = door._headers({})
    assert door.client.options("/api/v1/launches", headers=headers)["Allow"] == "POST, OPTIONS"
    assert door.client.head("/api/v1/launches", headers=headers).status_code == 405
    assert door.client.head("/api/v1/schema").status_code == 200


def test_it_answers_a_wrong_host_without_html(settings: Any) -> None:
    assert problem(Client(raise_request_exception=False).get("/api/docs", headers={"Host": "evil.example"}))[:2] == (
        400,
        "invalid_request",
    )


def test_it_answers_a_wrong_host_of_a_soap_caller_with_a_fault() -> None:
    answer = Client(raise_request_exception=False).post(
        "/soap/AppIntfWS", b"<x/>", "application/soap+xml", headers={"Host": "evil.example"}
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/soap+xml; charset=utf-8")
    assert b"<epm:code>invalid_request</epm:code>" in answer.content


def test_it_logs_what_it_does_not_expect_and_tells_only_the_incident(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(acceptance, "check_mail", fail)
    answer = door.send()
    assert problem(answer)[:2] == (500, "internal")
    assert b"secret" not in answer.content
    logged = [record for record in caplog.records if record.levelno == logging.ERROR and record.exc_info]
    assert any(answer.json()["incident"] in record.getMessage() for record in logged)


def test_it_says_that_nothing_was_accepted_where_the_database_is_away(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(acceptance, "_store", fail)
    answer = door.send()
    assert problem(answer)[:2] == (503, "processor_unavailable")
    assert answer.json()["retryable"] is True


def test_it_explains_every_kind_of_problem(db: None, application: Application) -> None:
    for code, kind in TABLE.items():
        said = Client().get(f"/api/v1/problems/{code}").json()
        assert (said["status"], said["when"]) == (kind.status, kind.when)
    assert problem(Client().get("/api/v1/problems/none"))[:2] == (404, "not_found")
