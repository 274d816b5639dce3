import asyncio
import socket

import aiosmtplib
import pytest

from email_processor.outbound.opening import connected


def connect(address: str, port: int, timeout: float = 5) -> socket.socket:
    return asyncio.run(connected(address, port, "", timeout))


def test_it_connects_to_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address, port = server.getsockname()
        with connect(address, port) as made:
            assert made.getpeername() == (address, port)


def test_it_says_which_address_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(aiosmtplib.SMTPConnectError, match=r"127\.0\.0\.1, port .* Connect"):
        connect("127.0.0.1", port)


def test_it_does_not_wait_long_for_one_address() -> None:
    # Who is not accepted fills the queue: the next one is not even answered.
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as server,
        socket.create_connection(server.getsockname()),
        pytest.raises(aiosmtplib.SMTPConnectError, match="has not answered for"),
    ):
        connect("127.0.0.1", server.getsockname()[1], timeout=0.1)
