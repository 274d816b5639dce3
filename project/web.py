"""The web process's worker: a request gets a thread when it has arrived, so that slow senders keep nobody waiting.

gunicorn gives a request its thread from the first octet on, and a few dozen clients that send an octet a second would hold them
all. Here what has arrived is put aside and the connection waits in the poller until its request is whole, or larger than is put
aside: then a thread reads on, by the same clock. What gunicorn itself refuses is told as a problem of the table.
"""

import ctypes
import errno
import json
import re
import select
import socket
import struct
import time
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from gunicorn import util
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from app_interface.problems import Problem, from_exception, invalid
from lib import doorbell
from project import sharing

SLOWEST = 20_000
"""A request may take EPM_REQUEST_SECONDS to arrive, and a second more for every so many octets."""
READING = 120
"""Seconds a client may take to read an answer."""
ASIDE = 64 * 1024
"""Octets of a request that are put aside before a thread has to read on."""
STEP_BACK = 0.005
"""Seconds in which processes with fewer connections may take a new one."""
SOON = 0.01
"""Seconds a thread waits for the rest: most clients send head and body one right after the other."""
NEXT = 0.05
"""Seconds a thread waits for what its client asks next, while there are threads enough."""
LINGER, LINGERING = 1.0, 16 * 1024 * 1024
"""How long, in seconds and octets, a client that is refused midway may go on sending: an answer behind a reset is lost."""
LARGE = 1024 * 1024
"""Octets of memory that is given back as soon as it is free."""
_M_MMAP_THRESHOLD = -3
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,19})[ \t]*\r\n")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:")
_WAITS = re.compile(rb"\r\nexpect:")


class Arriving:
    """The socket of a connection as gunicorn reads from it: one request by the clock."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", READING, 0))
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._limit: float | None = None
        self.begin()

    def begin(self) -> None:
        """Expect the next request."""
        self._begun: float | None = None
        self._octets = 0
        self.in_body = False

    @property
    def is_late(self) -> bool:
        """Has the request taken too long?"""
        return self._begun is not None and self._left() <= 0

    def waits(self, seconds: float) -> bool:
        """Does anything arrive within `seconds`?"""
        return bool(self._poll.poll(1000 * seconds))

    def put_aside(self, buffer: Any) -> bool:
        """Read into `buffer` what has arrived, without waiting; False where nothing more will come."""
        buffer.seek(0, 2)
        with suppress(BlockingIOError):
            while buffer.tell() < ASIDE:
                data = self._sock.recv(ASIDE, socket.MSG_DONTWAIT)
                if not data:
                    return False
                self._count(data)
                buffer.write(data)
                if len(data) < ASIDE:
                    break
        return True

    def recv(self, size: int) -> bytes:
        """As a socket's. Raises TimeoutError when the time is up, ConnectionResetError where a body ends too early."""
        self._begun = self._begun or time.monotonic()
        left = self._left() if self._limit is None else min(self._left(), self._limit)
        if left <= 0 or not self.waits(left):
            raise TimeoutError("the request does not arrive")
        data = self._sock.recv(size, socket.MSG_DONTWAIT)
        if self.in_body and not data:
            raise ConnectionResetError(errno.ECONNRESET, "the body ended before its length")
        self._count(data)
        return data

    def gettimeout(self) -> float | None:
        """As a socket's; gunicorn sets a limit of its own where it reads what nobody wanted."""
        return self._limit

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's."""
        self._limit = seconds

    def _count(self, data: bytes) -> None:
        self._begun = self._begun or time.monotonic()
        self._octets += len(data)

    def _left(self) -> float:
        assert self._begun is not None
        return self._begun + settings.EPM_REQUEST_SECONDS + self._octets / SLOWEST - time.monotonic()


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, for requests that have arrived, and connections in equal parts for all processes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part = sharing.Part()
        self._steps_back_until: float | None = None
        self._waiting: set[TConn] = set()

    def init_process(self) -> None:
        """Begin to serve, in a process of its own."""
        _return_large_blocks()
        with doorbell.gathered():
            super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection; who has more than others lets them go first, and looks again."""
        if self.part.is_larger_than_another():
            self._steps_back_until = time.monotonic() + STEP_BACK
            super().set_accept_enabled(False)
        else:
            super().accept(listener)
            self.part.holds(self.nr_conns)

    def set_accept_enabled(self, enabled: bool) -> None:
        """As gunicorn asks before it waits; after a step back, take what nobody else has taken."""
        if not enabled or self._steps_back_until is None:
            self._steps_back_until = None
            super().set_accept_enabled(enabled)
        elif time.monotonic() >= self._steps_back_until:
            self._steps_back_until = None
            super().set_accept_enabled(True)
            for listener in self.sockets:
                super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait, but no longer than a step back takes."""
        if self.alive:
            self.part.holds(self.nr_conns)
        else:
            self.part.give_up()
        if self._steps_back_until is not None:
            timeout = min(timeout, max(0.0, self._steps_back_until - time.monotonic()))
        super().wait_for_and_dispatch_events(timeout)

    def handle(self, conn: TConn) -> Any:
        """Serve what a connection asks, and what it asks next if that comes soon. Runs in a thread."""
        result = self._serve(conn)
        while result is True and self._asks_again(conn):
            result = self._serve(conn)
        return result

    def _asks_again(self, conn: TConn) -> bool:
        """Does the next request begin to arrive soon? To wait for it here is cheaper than the way through the poller.

        Every fourth thread stays free for others.
        """
        if conn.parser.unreader.buf.getvalue():
            return True
        if not self.alive or 4 * len(self._waiting) >= 3 * self.cfg.threads or not self.tpool._work_queue.empty():
            return False
        self._waiting.add(conn)
        try:
            return bool(conn.parser.unreader.sock.waits(NEXT))
        finally:
            self._waiting.discard(conn)

    def _serve(self, conn: TConn) -> Any:
        """Serve the request if it has arrived; else let the connection wait, until it is late. Runs in a thread."""
        if not conn.initialized:
            conn.init()
            conn.parser.unreader.sock = Arriving(conn.sock)
            # gunicorn would wait for the client in its only loop.
            conn.close = partial(_close, conn.sock)
        try:
            if not self._has_arrived(conn):
                return self._refuse(conn) if conn.parser.unreader.sock.is_late else _DEFER
        except OSError:
            return False
        conn.data_ready = True
        result = super().handle(conn)
        if not result:
            _linger(conn.sock)
        return result

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Serve what `req` asks; its body may still be on the way."""
        conn.parser.unreader.sock.in_body = True
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Tell what is wrong with a request that reaches no view."""
        _tell(client, _problem_of(exc))

    def murder_pending(self) -> None:
        """Hand what is late to a thread, which refuses it; close what never began."""
        for conn in [conn for conn in self.pending_conns if conn.parser.unreader.sock.is_late]:
            self.on_pending_socket_readable(conn, conn.sock)
        super().murder_pending()

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        kept = bool(super()._keepalive_after(conn, keepalive))
        conn.parser.unreader.sock.begin()
        conn.data_ready = False
        return kept

    def _has_arrived(self, conn: TConn) -> bool:
        unreader = conn.parser.unreader
        while not is_whole(unreader.buf.getvalue()):
            if not unreader.sock.put_aside(unreader.buf):
                return True
            if is_whole(unreader.buf.getvalue()):
                return True
            if conn.data_ready or not unreader.sock.waits(SOON):
                return False
        return True

    def _refuse(self, conn: TConn) -> bool:
        allowed = f"{settings.EPM_REQUEST_SECONDS:g} s, and a second for {SLOWEST:,} octets"
        _tell(conn.sock, invalid(f"The request did not arrive in time: it has {allowed}."))
        return False


def _return_large_blocks() -> None:
    """Let memory of large requests go back to the system at once.

    glibc does so with blocks that it maps one by one, but raises the size from which it does up to 32 MB as it meets larger
    ones (mallopt(3)); with 16 threads, each with an arena of its own, that keeps hundreds of megabytes. Other C libraries have
    no such function.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, LARGE)


def is_whole(raw: bytes) -> bool:
    """May a thread take the request that begins with `raw`? It is whole, or too large to be put aside, or waits for us."""
    end = raw.find(b"\r\n\r\n")
    if end < 0 or len(raw) >= ASIDE:
        return len(raw) >= ASIDE
    head = raw[: end + 2].lower()
    if _WAITS.search(head):
        return True
    if _CHUNKED.search(head):
        # Where the last chunk only seems to end here, the thread reads on.
        return raw.endswith(b"\r\n\r\n", end + 4)
    length = _LENGTH.search(head)
    return length is None or len(raw) - end - 4 >= int(length[1])


def _problem_of(error: Exception) -> Problem:
    is_callers = isinstance(error, ParseException) and not isinstance(
        error, InvalidResponseHeader | InvalidResponseHeaderName
    )
    return invalid(f"The head of the request cannot be read: {error}") if is_callers else from_exception(error)


def _tell(sock: socket.socket, problem: Problem) -> None:
    """Answer as far as the client listens."""
    body = json.dumps(problem.as_json()).encode()
    status = HTTPStatus(problem.kind.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with suppress(OSError):
        sock.settimeout(LINGER)
        sock.sendall(head.encode() + body)


def _linger(sock: socket.socket) -> None:
    """End our side, and read for a while what the client goes on sending (RFC 9112 9.6)."""
    until, left = time.monotonic() + LINGER, LINGERING
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while left > 0 and (seconds := until - time.monotonic()) > 0:
            sock.settimeout(seconds)
            data = sock.recv(ASIDE)
            if not data:
                return
            left -= len(data)


def _close(sock: socket.socket, graceful: bool = False) -> None:
    util.close(sock)
