"""Requests as MTOM packages them, written by hand; JAX-WS sends real ones in tests/strangers."""

from email import message_from_bytes
from email.policy import default

import pytest
from pytest_django import Settings

from email_processor.models import Message
from tests.soap.raw import ASKED, ENV11, ENV12, Answered, Caller, envelope, request

CONTENT = b"\x00\xff\r\n\r\n--almost"
INCLUDE = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:{}"/>'
TYPES = {ENV11: "text/xml", ENV12: "application/soap+xml"}


def attached(*names: str) -> str:
    """A mail with a file for each part."""
    files = (
        f"<attachment><fileName>a.bin</fileName><content>{INCLUDE.format(n)}</content></attachment>" for n in names
    )
    return request(ASKED + "".join(files))


def package(payload: str, parts: dict[str, bytes], *, version: str = ENV11, coding: str = "binary") -> bytes:
    whole = {"root@x": envelope(payload, version=version), **parts}
    sections = (
        f"--b\r\nContent-ID: <{name}>\r\nContent-Transfer-Encoding: {coding if name in parts else '8bit'}\r\n\r\n".encode()
        + content
        for name, content in whole.items()
    )
    return b"\r\n".join([*sections, b"--b--\r\n"])


def post(caller: Caller, body: bytes, *, version: str = ENV11, more: str = 'start="<root@x>"') -> Answered:
    kind = f'multipart/related; type="application/xop+xml"; start-info="{TYPES[version]}"; boundary=b; {more}'
    return caller.post(body, content_type=kind)


def received() -> bytes:
    """The file in the mail that was accepted."""
    mail = message_from_bytes(bytes(Message.objects.get().content.mime), policy=default)
    content: bytes = next(mail.iter_attachments()).get_content()
    return content


@pytest.mark.parametrize("version", [ENV11, ENV12])
def test_it_takes_a_content_beside_the_envelope(caller: Caller, version: str) -> None:
    answer = post(caller, package(attached("a%40x"), {"a@x": CONTENT}, version=version), version=version)
    assert answer.status == 200
    assert received() == CONTENT


def test_it_takes_base64_and_the_first_part_for_the_envelope(caller: Caller) -> None:
    body = package(attached("a@x"), {"a@x": b"AP8="}, coding="base64")
    assert post(caller, body, more="x=y").status == 200
    assert received() == b"\x00\xff"


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        ((), {"a@x": CONTENT}),
        (("b@x",), {}),
        (("a@x", "a@x"), {"a@x": CONTENT}),
    ],
    ids=["left over", "missing", "twice"],
)
def test_it_refuses_parts_that_do_not_fit(caller: Caller, names: tuple[str, ...], parts: dict[str, bytes]) -> None:
    assert post(caller, package(attached(*names), parts)).problem["code"] == "invalid_request"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "body", [b"--b--\r\n", b"--b\r\n\r\nno end", b"--b\r\nno blank line\r\n--b--", package(attached(), {})[:-9]]
)
def test_it_refuses_a_package_that_is_not_whole(caller: Caller, body: bytes) -> None:
    assert post(caller, body).problem["code"] == "invalid_request"


def test_it_refuses_two_parts_of_one_name(caller: Caller) -> None:
    body = package(attached("a@x"), {"a@x": CONTENT, "b@x": b"other"}).replace(b"<b@x>", b"<a@x>")
    assert "two parts" in post(caller, body).problem["detail"].lower()


def test_it_refuses_more_parts_than_attachments(caller: Caller, settings: Settings) -> None:
    settings.EPM_ATTACHMENT_LIMIT = 1
    body = package(attached("a@x", "b@x"), {"a@x": CONTENT, "b@x": CONTENT})
    assert "more than 1 parts" in post(caller, body).problem["detail"]


def test_it_refuses_a_start_info_that_cannot_be_read(caller: Caller) -> None:
    kind = """multipart/related; type="application/xop+xml"; boundary=b; start-info="text/xml; charset*=x'y'z\""""
    answer = caller.post(package(request(), {}), content_type=kind)
    assert (answer.status, answer.problem["code"]) == (415, "unsupported_media")


def test_it_refuses_a_start_that_is_not_there(caller: Caller) -> None:
    assert post(caller, package(request(), {}), more='start="<other@x>"').problem["code"] == "invalid_request"


def test_it_refuses_a_coding_it_does_not_know(caller: Caller) -> None:
    answer = post(caller, package(attached("a@x"), {"a@x": CONTENT}, coding="x-uuencode"))
    assert answer.problem["code"] == "invalid_request"


def test_it_refuses_attachments_that_are_no_mtom(caller: Caller) -> None:
    answer = caller.post(package(request(), {}), content_type='multipart/related; type="text/xml"; boundary=b')
    assert (answer.status, answer.problem["code"]) == (415, "unsupported_media")


def test_it_hands_on_the_action_of_the_package(caller: Caller) -> None:
    more = 'action="urn:epm:AppIntfWS:1/cancelEmail"'
    answer = post(caller, package(request(), {}, version=ENV12), version=ENV12, more=more)
    assert answer.problem["field"] == "SOAPAction"
