import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import httpcore
import pytest

from lib import http
from lib.http import Answer, Client, Unreachable
from lib.networks import refusal
from tests.receivers import Receiver, Reply, receiver

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def nothing_private(settings: Any) -> None:
    settings.EPM_HTTP_ALLOWED_PRIVATE = []


def post(url: str, *, timeout: float = 5, limit: int = 1000) -> Answer:
    return asyncio.run(http.post(url, content=b"hello", headers={"X-Test": "1"}, timeout=timeout, limit=limit))


def get(url: str, *, limit: int = 1000) -> Answer:
    return asyncio.run(http.get(url, headers={}, timeout=5, limit=limit))


def why_not(call: Callable[..., Answer], url: str, **options: Any) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        call(url, **options)
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[fec0::1]",
        "[ff02::1]",
    ],
)
@pytest.mark.usefixtures("nothing_private")
def test_it_calls_no_private_address_however_it_is_written(server: Receiver, host: str) -> None:
    port = server.url.rpartition(":")[2]
    reason = why_not(post, f"http://{host}:{port}/").reason
    assert "may not be called" in reason or "Invalid IPv4 address" in reason
    assert server.received == []


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:220:1::1", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
)
@pytest.mark.usefixtures("nothing_private")
def test_it_refuses_no_public_address(address: str) -> None:
    assert refusal(ip_address(address)) == ""


def test_it_calls_a_private_address_the_operator_named(settings: Any) -> None:
    settings.EPM_HTTP_ALLOWED_PRIVATE = [ip_network("10.1.0.0/16")]
    assert refusal(ip_address("10.1.2.3")) == ""
    assert refusal(ip_address("10.2.2.3")) != ""


@pytest.mark.usefixtures("nothing_private")
def test_it_connects_to_the_address_it_judged(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when asked first, and private when asked again."""
    answers = ["192.0.2.1", "127.0.0.1"]
    monkeypatch.setattr(http, "refusal", lambda address: "" if str(address) == "192.0.2.1" else "it is private")

    def resolve(host: str, port: int, *rest: Any, **named: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    reached: list[str] = []

    async def connect(self: Any, host: str, *rest: Any) -> Any:
        reached.append(host)
        raise httpcore.ConnectError("far away")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    why_not(post, "http://rebinding.example/")
    assert reached == ["192.0.2.1"]


def test_it_posts_and_reads_the_answer(server: Receiver) -> None:
    server.answers(Reply(202, b"thanks", {"X-Seen": "yes"}))
    answer = post(f"{server.url}/path?x=1")
    assert (answer.status, answer.body, answer.headers["x-seen"], answer.cut) == (202, b"thanks", "yes", False)
    received = server.received[0]
    assert (received.method, received.path, received.body, received.headers["x-test"]) == (
        "POST",
        "/path?x=1",
        b"hello",
        "1",
    )


def test_it_authenticates_by_what_the_url_says(server: Receiver) -> None:
    post(server.url.replace("http://", "http://jane:s%40fe@"))
    assert server.received[0].headers["authorization"] == "Basic amFuZTpzQGZl"


def test_it_reads_no_more_than_the_limit(server: Receiver) -> None:
    server.answers(Reply(200, b"x" * 100_000))
    answer = get(server.url, limit=1000)
    assert (len(answer.body), answer.cut) == (1000, True)


def test_it_gives_up_at_the_deadline(server: Receiver) -> None:
    server.answers(Reply(hang=True))
    problem = why_not(post, server.url, timeout=0.1)
    assert (problem.timed_out, problem.reason) == (True, "no answer within 0.1 s")


def test_it_gives_up_on_an_answer_that_trickles() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()

        def trickle() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        problem = why_not(post, f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=0.2)
        stop.set()
        thread.join()
    assert problem.timed_out


def test_it_says_that_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert why_not(post, f"http://127.0.0.1:{port}/").reason == "connection refused"


def test_it_says_that_a_server_speaks_no_tls(server: Receiver) -> None:
    assert "TLS failed" in why_not(post, server.url.replace("http:", "https:")).reason


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://127.0.0.1/", "file:///etc/passwd", "//127.0.0.1/", "http://", "http://[::1/"),
        *("http://xn--/", "http://xn--ls8h=/", "http://127.0.0.1:99999/"),
    ],
)
def test_it_calls_nothing_but_http_urls(url: str) -> None:
    assert why_not(post, url).reason


def test_a_post_follows_no_redirect(server: Receiver) -> None:
    server.answers(Reply(302, headers={"Location": "/elsewhere"}))
    assert post(server.url).status == 302
    assert len(server.received) == 1


def test_a_get_follows_three_redirects(server: Receiver) -> None:
    hop = Reply(302, headers={"Location": "/next"})
    server.answers(hop, hop, hop, Reply(200, b"there"))
    assert get(server.url).body == b"there"


def test_a_get_follows_no_fourth_redirect(server: Receiver) -> None:
    server.answers(Reply(302, headers={"Location": "/again"}))
    assert why_not(get, server.url).reason == "more than 3 redirects"


@pytest.mark.parametrize(
    "target",
    [
        *("http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "file:///etc/passwd"),
        *("http://xn--/", "http://127.0.0.1:99999/"),
    ],
)
def test_a_redirect_leads_to_no_private_place(server: Receiver, target: str) -> None:
    server.answers(Reply(302, headers={"Location": target}))
    assert why_not(get, server.url).reason
    assert len(server.received) == 1


def test_it_uses_no_proxy_of_the_environment(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert post(server.url).status == 200


def test_a_client_keeps_its_connection(server: Receiver) -> None:
    async def twice() -> None:
        async with Client() as client:
            for _ in range(2):
                await client.post(server.url, content=b"", headers={}, timeout=5, limit=1000)

    asyncio.run(twice())
    assert (len(server.received), server.connections) == (2, 1)


def test_a_client_opens_another_connection_where_the_server_closed_one(server: Receiver) -> None:
    server.answers(Reply(200, headers={"Connection": "close"}))

    async def twice() -> None:
        async with Client() as client:
            for _ in range(2):
                await client.post(server.url, content=b"", headers={}, timeout=5, limit=1000)

    asyncio.run(twice())
    assert (len(server.received), server.connections) == (2, 2)


def test_a_client_keeps_no_connection_whose_answer_it_gave_up(server: Receiver) -> None:
    async def give_up_and_call_again() -> Answer:
        async with Client() as client:
            server.answers(Reply(200, b"x" * 100_000))
            await client.post(server.url, content=b"", headers={}, timeout=5, limit=10)
            server.answers(Reply(200, b"short"))
            return await client.post(server.url, content=b"", headers={}, timeout=5, limit=10)

    assert asyncio.run(give_up_and_call_again()).body == b"short"


def test_a_client_keeps_no_cookies(server: Receiver) -> None:
    server.answers(Reply(200, headers={"Set-Cookie": "who=you; Path=/"}))

    async def twice() -> None:
        async with Client() as client:
            for _ in range(2):
                await client.post(server.url, content=b"", headers={}, timeout=5, limit=1000)

    asyncio.run(twice())
    assert "cookie" not in server.received[1].headers


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("120", NOW + timedelta(minutes=2)),
        ("Sun, 01 Mar 2026 12:05:00 GMT", NOW + timedelta(minutes=5)),
        ("99999999999", NOW + timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_it_reads_retry_after(said: str, expected: datetime | None) -> None:
    assert Answer(503, {"retry-after": said}, b"", 0.1).retry_after(NOW) == expected
