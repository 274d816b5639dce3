"""Servers for bench.outbound, each a process of its own: a mail server that thinks before every reply, and a receiver of news.

python -m bench.outbound_servers slow PORT SECONDS | receiver PORT
"""

import asyncio
import sys

import uvloop


class Slow(asyncio.Protocol):
    """Takes every mail, and `seconds` for every reply."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._in_content = False
        self._rest = b""
        self._answered_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._answer(b"220 slow.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        if self._in_content:
            if line == b".":
                self._in_content = False
                self._answer(b"250 2.0.0 taken\r\n")
        elif line.startswith(b"EHLO"):
            self._answer(b"250-slow.example\r\n250-PIPELINING\r\n250 DSN\r\n")
        elif line == b"DATA":
            self._in_content = True
            self._answer(b"354 go on\r\n")
        else:
            self._answer(b"250 2.0.0 ok\r\n")

    def _answer(self, reply: bytes) -> None:
        """One reply after the other: each takes its time from the one before."""
        loop = asyncio.get_running_loop()
        self._answered_at = max(loop.time(), self._answered_at) + self._seconds
        loop.call_at(self._answered_at, self._write, reply)

    def _write(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)  # type: ignore[attr-defined]


class Receiver(asyncio.Protocol):
    """Answers 200 to whatever was POSTed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        if len(body) >= int(lengths[0] if lengths else 0):
            self._buffer = b""
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]


async def serve(kind: str, port: int, seconds: float) -> None:
    make = Receiver if kind == "receiver" else lambda: Slow(seconds)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0))
