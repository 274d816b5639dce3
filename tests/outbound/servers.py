"""Servers that misbehave where the simulated world does not: scripts of replies, spoken on a real socket."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

EHLO = b"250-odd.example\r\n250-DSN\r\n250-SMTPUTF8\r\n250 SIZE 10000000\r\n"


@dataclass
class OddServer:
    """`replies` maps a command's first word to what is answered; None drops the connection. GREETING is answered to the
    connection itself, BODY to the first octets of a mail, CONTENT to its final dot.

    Where a list is given, each occurrence takes the next one and the last one stays.
    """

    replies: dict[str, bytes | list[bytes | None] | None]
    port: int = 0
    connections: int = 0
    heard: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)

    def reply(self, word: str) -> bytes | None:
        usual: dict[str, bytes] = {
            "GREETING": b"220 hello\r\n",
            "EHLO": EHLO,
            "DATA": b"354 go\r\n",
            "QUIT": b"221 \r\n",
        }
        found = self.replies.get(word, usual.get(word, b"250 2.0.0 fine\r\n"))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            if self._answer(connection, "GREETING") is None:
                return
            for line in lines:
                self.heard.append(line.decode(errors="replace").strip())
                word = line.partition(b" ")[0].strip().decode(errors="replace").upper()
                reply = self._answer(connection, word)
                if reply is None:
                    return
                if word == "DATA" and b"354" in reply and not self._take_content(connection, lines):
                    return

    def _take_content(self, connection: socket.socket, lines: Iterator[bytes]) -> bool:
        if "BODY" in self.replies and self._answer(connection, "BODY") is None:
            return False
        for line in lines:
            if line == b".\r\n":
                return self._answer(connection, "CONTENT") is not None
        return False

    def _answer(self, connection: socket.socket, word: str) -> bytes | None:
        reply = self.reply(word)
        if reply is not None:
            connection.sendall(reply)
        return reply


@contextmanager
def odd_server(**replies: bytes | list[bytes | None] | None) -> Iterator[OddServer]:
    """An OddServer on a free port of loopback."""
    with odd_server_at("127.0.0.1", 0, replies) as server:
        yield server


@contextmanager
def odd_server_at(host: str, port: int, replies: dict[str, bytes | list[bytes | None] | None]) -> Iterator[OddServer]:
    """An OddServer at an address of loopback; port 0 is a free one."""
    server = OddServer(replies)
    with socket.create_server((host, port)) as listening:
        server.port = listening.getsockname()[1]
        accepting = Thread(target=_accept, args=(listening, server), daemon=True)
        accepting.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(listening: socket.socket, server: OddServer) -> None:
    while True:
        try:
            connection, (peer, _) = listening.accept()
        except OSError:
            return
        server.connections += 1
        server.peers.append(peer)
        Thread(target=_quietly, args=(server.serve, connection), daemon=True).start()


def _quietly(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        serve(connection)
    except OSError:
        return
