"""A real web process under its own configuration, and clients that do not behave. Each gets an answer of the table within its
time, and the next request is served.
"""

import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from project.demo.instance import Instance
from tests.soap.raw import ENV11, ENV12
from tests.strangers.platform import Platform, running_platform

SECONDS = 2.0
"""What a request may take to arrive here."""
MAIL = {"from": "shop@example.com", "to": ["jo@example.net"], "subject": "Hello"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("hostile")
    limits = {"EPM_REQUEST_SECONDS": f"{SECONDS:g}"}
    with running_platform(folder, "web", application_url="http://127.0.0.1:9", **limits) as running:
        yield running


@pytest.fixture(autouse=True)
def serves_on(platform: Platform) -> Iterator[None]:
    """After whatever a test has done, the next request is served."""
    yield
    assert httpx.post(f"{platform.url}/api/v1/emails", json=MAIL, auth=platform.caller, timeout=30).status_code == 202
    assert "Traceback" not in platform.log()


@contextmanager
def connected(platform: Platform) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", platform.instance.port("EPM_WEB_PORT")), timeout=30) as client:
        yield client


def head(platform: Platform, *fields: str, path: str = "/api/v1/emails", method: str = "POST") -> bytes:
    pair = base64.b64encode(":".join(platform.caller).encode()).decode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Basic {pair}", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def posted(platform: Platform, length: int) -> bytes:
    return head(platform, "Content-Type: application/json", f"Content-Length: {length}")


def answer(client: socket.socket) -> tuple[int, Any]:
    """Status and body of one answer; (0, None) where there is none."""
    with suppress(ConnectionError), client.makefile("rb") as stream:
        status = int((stream.readline().split() or [b"0", b"0"])[1])
        length = 0
        while (line := stream.readline().strip()) and status:
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, json.loads(stream.read(length)) if length else None
    return 0, None


def everything(client: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    received = b""
    with suppress(ConnectionError):
        while piece := client.recv(65536):
            received += piece
    return received


def code(client: socket.socket) -> str:
    status, body = answer(client)
    assert body is not None, f"answered {status} and nothing"
    assert body["status"] == status
    return str(body["code"])


def test_a_body_that_stops_is_refused_in_time(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(posted(platform, 1000) + b'{"from": ')
        assert code(client) == "invalid_request"


def test_a_head_that_stops_is_refused_in_time(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(b"POST /api/v1/emails HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert code(client) == "invalid_request"


def test_a_large_body_that_stops_is_refused_in_time(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(posted(platform, 1_000_000) + b'{"subject": "' + b"x" * 100_000)
        assert code(client) == "invalid_request"


def test_a_body_drop_by_drop_is_refused_in_time(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(posted(platform, 1000))
        client.settimeout(0.05)
        received = b""
        until = time.monotonic() + 30
        while not received and time.monotonic() < until:
            with suppress(TimeoutError):
                client.sendall(b" ")
                received = client.recv(1000)
        assert received.startswith(b"HTTP/1.1 400 ")


def test_more_slow_clients_than_threads_keep_nobody_waiting(platform: Platform) -> None:
    with ExitStack() as open_connections:
        for _ in range(100):
            client = open_connections.enter_context(connected(platform))
            client.sendall(posted(platform, 1000) + b"{")
        # They all could still go on for a while: none has been refused yet when this is served.
        begun = time.monotonic()
        served = httpx.get(f"{platform.url}/api/v1/status", auth=platform.caller, timeout=30)
        assert served.status_code == 200
        assert time.monotonic() - begun < 20


def test_slow_clients_with_much_to_send_hold_half_the_threads(platform: Platform) -> None:
    """What is larger than is put aside is read by a thread."""
    with ExitStack() as open_connections:
        clients = [open_connections.enter_context(connected(platform)) for _ in range(40)]
        for client in clients:
            client.sendall(posted(platform, 1_000_000) + b'{"subject": "' + b"x" * 100_000)
        codes = {code(client) for client in clients}
    # The first ones may wait until their time is up; while they do, the others are asked to come again.
    assert codes == {"invalid_request", "processor_unavailable"}


def test_a_body_in_pieces_is_whole_in_the_end(platform: Platform) -> None:
    body = json.dumps(MAIL).encode()
    with connected(platform) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (posted(platform, len(body)), body[:10], body[10:20], body[20:]):
            client.sendall(piece)
        assert answer(client)[0] == 202


def test_several_requests_in_one_piece_are_answered_one_by_one(platform: Platform) -> None:
    body = json.dumps(MAIL).encode()
    with connected(platform) as client:
        client.sendall((posted(platform, len(body)) + body) * 3)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(65536):
            received += piece
        assert received.count(b"HTTP/1.1 202 ") == 3


def test_a_client_that_closes_its_side_early_is_told(platform: Platform) -> None:
    for sent in (posted(platform, 1000) + b'{"from"', posted(platform, 200_000) + b'{"a": "' + b"x" * 100_000):
        with connected(platform) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            assert code(client) == "invalid_request"


def test_half_a_mail_is_not_taken_for_a_whole_one(platform: Platform) -> None:
    asked = head(
        platform,
        "Content-Type: message/rfc822",
        "Content-Length: 1000",
        path="/api/v1/inbound?rcptTo=orders@example.com",
    )
    pair = base64.b64encode(":".join(platform.manager).encode())
    own = base64.b64encode(":".join(platform.caller).encode())
    with connected(platform) as client:
        client.sendall(asked.replace(own, pair) + b"From: jo@example.net\r\n\r\nHalf")
        client.shutdown(socket.SHUT_WR)
        assert code(client) == "invalid_request"


def test_a_client_that_closes_its_side_after_a_whole_request_is_answered(platform: Platform) -> None:
    body = json.dumps(MAIL).encode()
    with connected(platform) as client:
        client.sendall(posted(platform, len(body)) + body)
        client.shutdown(socket.SHUT_WR)
        assert answer(client)[0] == 202


def test_clients_that_hang_up_are_forgotten(platform: Platform) -> None:
    for sent in (b"", b"POST", posted(platform, 10), posted(platform, 100_000) + b"x" * 90_000):
        with connected(platform) as client:
            client.sendall(sent)


def test_ten_megabytes_of_headers_are_refused(platform: Platform) -> None:
    fields = [f"X-Field-{number}: {'x' * 1000}" for number in range(10_000)]
    with connected(platform) as client:
        with suppress(ConnectionError):
            client.sendall(head(platform, *fields))
        assert code(client) == "invalid_request"


def test_one_header_of_ten_megabytes_is_refused(platform: Platform) -> None:
    with connected(platform) as client:
        with suppress(ConnectionError):
            client.sendall(head(platform, f"X-Field: {'x' * 10_000_000}"))
        assert code(client) == "invalid_request"


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"POST /api/v1/emails HTTP/9.9\r\n\r\n",
        b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Name: x\r\n\r\n",
        b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
        b"POST /api/v1/emails HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/v1/emails HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}",
        b"POST /api/v1/emails HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/emails HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/v1/emails/%00%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/v1/emails?recipient=%ff%fe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
    ],
    ids=lambda raw: repr(raw[:60]),
)
def test_what_is_no_request_gets_a_problem(platform: Platform, raw: bytes) -> None:
    with connected(platform) as client:
        client.sendall(raw)
        assert code(client) in ("invalid_request", "not_authenticated")


@pytest.mark.parametrize("path", ["/api/v1/emails", "/soap/AppIntfWS"])
@pytest.mark.parametrize(
    "chunks",
    [
        b"ZZ\r\n{}\r\n0\r\n\r\n",
        b"-1\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b"2;a\n{}\r\n0\r\n\r\n",
        b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}XX0\r\n\r\n",
        b"2\r\n{}\r\n0\r\nBad Name: x\r\n\r\n",
        b"2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n",
        b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=lambda value: repr(value[:40]),
)
def test_chunks_that_are_none_are_refused(platform: Platform, path: str, chunks: bytes) -> None:
    kind = "application/json" if path.startswith("/api") else "text/xml"
    asked = head(platform, f"Content-Type: {kind}", "Transfer-Encoding: chunked", path=path)
    with connected(platform) as client:
        with suppress(ConnectionError):
            client.sendall(asked + chunks)
        assert b"invalid_request" in everything(client)


@pytest.mark.parametrize("kind", ["text/xml", "application/soap+xml"])
@pytest.mark.parametrize("field", ["Bad Name: x", "Content-Length: 5\r\nContent-Length: 6", "X: " + "x" * 10_000])
def test_at_the_soap_door_it_is_told_by_a_fault(platform: Platform, kind: str, field: str) -> None:
    with connected(platform) as client:
        with suppress(ConnectionError):
            client.sendall(head(platform, f"Content-Type: {kind}", field, path="/soap/AppIntfWS"))
        received = everything(client)
    envelope = etree.fromstring(received.partition(b"\r\n\r\n")[2])
    assert envelope.tag == f"{{{ENV11 if kind == 'text/xml' else ENV12}}}Envelope"
    assert b":code>invalid_request<" in received


def test_at_the_soap_door_a_late_body_is_refused_by_a_fault(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(head(platform, "Content-Type: text/xml", "Content-Length: 9", path="/soap/AppIntfWS") + b"<")
        assert b":code>invalid_request<" in everything(client)


@pytest.mark.parametrize("path", ["/api/v1/emails", "/soap/AppIntfWS"])
def test_a_content_type_that_cannot_be_read_is_refused(platform: Platform, path: str) -> None:
    field = "Content-Type: text/xml; charset*=nonsense'en'%zz"
    with connected(platform) as client:
        client.sendall(head(platform, field, "Content-Length: 2", "Connection: close", path=path) + b"{}")
        assert b"unsupported_media" in everything(client)


def test_a_request_names_its_host(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(head(platform, method="GET", path="/api/v1/status").replace(b"Host: 127.0.0.1\r\n", b""))
        assert code(client) == "invalid_request"


@pytest.mark.parametrize("field", ["SCRIPT_NAME: /api", "PATH_INFO: /elsewhere"])
def test_no_header_moves_an_address(platform: Platform, field: str) -> None:
    """A proxy that keeps strangers from some addresses must not be led past itself."""
    body = json.dumps(MAIL).encode()
    with connected(platform) as client:
        client.sendall(head(platform, field, "Content-Type: application/json", f"Content-Length: {len(body)}") + body)
        assert answer(client)[0] == 202


def test_a_wrong_host_leaves_no_traceback(platform: Platform) -> None:
    """The fixture looks for one."""
    with connected(platform) as client:
        asked = head(platform, "Connection: close", method="GET", path="/api/v1/status")
        client.sendall(asked.replace(b"Host: 127.0.0.1", b"Host: elsewhere.example"))
        assert b'"invalid_request"' in everything(client)


def test_a_body_larger_than_any_is_refused_before_it_is_sent(platform: Platform) -> None:
    with connected(platform) as client:
        client.sendall(posted(platform, 10**12) + b"x" * 100_000)
        assert code(client) == "payload_too_large"


def test_a_client_that_asks_first_is_told_to_go_on(platform: Platform) -> None:
    body = json.dumps(MAIL).encode()
    asked = head(platform, "Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue")
    with connected(platform) as client:
        client.sendall(asked)
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        assert answer(client)[0] == 202


def test_chunks_make_a_body(platform: Platform) -> None:
    body = json.dumps(MAIL).encode()
    asked = head(platform, "Content-Type: application/json", "Transfer-Encoding: chunked")
    with connected(platform) as client:
        client.sendall(asked)
        for piece in (body[:20], body[20:], b""):
            client.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        assert answer(client)[0] == 202


def test_what_comes_behind_the_last_chunk_is_the_next_request(platform: Platform) -> None:
    body = json.dumps(MAIL).encode()
    asked = head(platform, "Content-Type: application/json", "Transfer-Encoding: chunked")
    chunks = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    with connected(platform) as client:
        client.sendall((asked + chunks) * 2 + posted(platform, len(body)) + body)
        client.shutdown(socket.SHUT_WR)
        assert everything(client).count(b"HTTP/1.1 202 ") == 3


def test_a_proxy_on_a_unix_socket_is_served(platform: Platform, tmp_path: Path) -> None:
    """Such a caller has no address."""
    path = tmp_path / "web.sock"
    another = Instance(platform.instance.settings, platform.instance.log)
    another.start_with("web", "--bind", f"unix:{path}")
    try:
        until = time.monotonic() + 60
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            assert client.post("/api/v1/emails", json=MAIL, auth=platform.caller).status_code == 202
            asked = (
                b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>'
            )
            fault = client.post("/soap/AppIntfWS", content=asked, headers={"Content-Type": "text/xml"})
            assert b"not_authenticated" in fault.content
    finally:
        another.stop()
