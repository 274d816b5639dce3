"""The connection to a client, as gunicorn writes to it: a small answer leaves with one system call.

gunicorn makes one for the head, one for the body and one to let them block; in each of them a thread may lose the interpreter to
another one, which costs more than the call.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LIMIT = 64 * 1024
"""Octets that are held back at most."""


class ClientSocket(socket.socket):
    """Takes `sock` over."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(fileno=sock.detach())
        self._is_gathering = False
        self._held: list[bytes] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Meanwhile what is sent is held back, as far as there is room; then it goes."""
        self._is_gathering = True
        try:
            yield
        finally:
            self._is_gathering = False
            self._let_go()

    def sendall(self, data: Any, flags: int = 0) -> None:
        """As a socket's."""
        if self._is_gathering and sum(map(len, self._held)) + len(data) < LIMIT:
            self._held.append(data)
        else:
            self._let_go()
            super().sendall(data, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As a socket's."""
        self._let_go()
        return super().sendfile(file, offset, count)

    def setblocking(self, flag: bool) -> None:
        """As a socket's, which asks the system each time."""
        if flag != self.getblocking():
            super().setblocking(flag)

    def _let_go(self) -> None:
        held, self._held = self._held, []
        # gunicorn closes the connection where an answer breaks off.
        if held and self.fileno() >= 0:
            super().sendall(b"".join(held))
