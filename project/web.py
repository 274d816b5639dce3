"""The web process's worker: a request gets a thread when it has arrived, so that slow senders keep nobody waiting.

gunicorn gives a request its thread from the first octet on, and a few dozen clients that send an octet a second would hold them
all. Here what has arrived is put aside and the connection waits in the poller until its request is whole, or larger than is put
aside: then a thread reads on, by the same clock, and half the threads may wait for bodies that come slowly. What gunicorn itself
refuses is told as a problem of the table (`refusing`).
"""

import ctypes
import errno
import re
import select
import socket
import struct
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn import util
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from app_interface.problems import invalid
from lib import doorbell
from project import sharing
from project.client_socket import ClientSocket
from project.refusing import linger, problem_of, tell

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
PATIENCE = 1.0
"""Seconds a thread waits for a body, all in all, before its sender counts as slow: half the threads may wait for slow ones."""
LARGE = 1024 * 1024
"""Octets of memory that is given back as soon as it is free."""
_M_MMAP_THRESHOLD = -3
_HEAD = 8 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,19})[ \t]*\r\n")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:")
_LAST_CHUNK = re.compile(rb"\r\n0+(;[^\r\n]*)?\r\n")
_WAITS = re.compile(rb"\r\nexpect:")


class Arriving:
    """The socket of a connection as gunicorn reads from it: one request by the clock."""

    def __init__(self, sock: socket.socket, slow: threading.BoundedSemaphore) -> None:
        self._sock, self._slow = sock, slow
        self._is_slow = False
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", READING, 0))
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._limit: float | None = None
        self.begin()

    def begin(self) -> None:
        """Expect the next request."""
        self.end()
        self._begun: float | None = None
        self._octets, self._waited = 0, 0.0
        self.in_body = False

    def end(self) -> None:
        """The thread waits for it no more."""
        if self._is_slow:
            self._is_slow = False
            self._slow.release()

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
        """As a socket's. Raises TimeoutError when the time is up, ConnectionResetError where a body ends too early, OSError with
        EBUSY where too many others are slow as well.
        """
        self._begun = self._begun or time.monotonic()
        left = self._left() if self._limit is None else min(self._left(), self._limit)
        if left <= 0 or not self._comes(left):
            raise TimeoutError("the request does not arrive")
        data = self._sock.recv(size, socket.MSG_DONTWAIT)
        if self.in_body and not data:
            raise ConnectionResetError(errno.ECONNRESET, "the body ended before its length")
        self._count(data)
        return data

    def _comes(self, seconds: float) -> bool:
        if not self.in_body or self._limit is not None or self._is_slow:
            return self.waits(seconds)
        begun, patience = time.monotonic(), max(0.0, PATIENCE - self._waited)
        if self.waits(min(seconds, patience)):
            self._waited += time.monotonic() - begun
            return True
        self._is_slow = self._slow.acquire(blocking=False)
        if not self._is_slow:
            raise OSError(errno.EBUSY, "too many others arrive as slowly")
        return self.waits(max(0.0, seconds - patience))

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
        self._slow = threading.BoundedSemaphore(max(1, self.cfg.threads // 2))
        self._asked: dict[socket.socket, bytes] = {}

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
            conn.sock = ClientSocket(conn.sock)
            conn.init()
            conn.parser.unreader.sock = Arriving(conn.sock, self._slow)
            # gunicorn would wait for the client in its only loop.
            conn.close = partial(_close, conn.sock)
        try:
            if not self._has_arrived(conn):
                return self._refuse(conn) if conn.parser.unreader.sock.is_late else _DEFER
        except OSError:
            return False
        conn.data_ready = True
        self._asked[conn.sock] = conn.parser.unreader.buf.getvalue()[:_HEAD]
        try:
            result = super().handle(conn)
        finally:
            del self._asked[conn.sock]
            conn.parser.unreader.sock.end()
        if not result:
            linger(conn.sock)
        return result

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Serve what `req` asks; its body may still be on the way. Raises InvalidHeader where it names no host (RFC 9112 3.2)."""
        if req.version >= (1, 1) and all(name != "HOST" for name, _ in req.headers):
            raise InvalidHeader("HOST")
        conn.parser.unreader.sock.in_body = True
        with conn.sock.gathered():
            return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Tell what is wrong with a request that reaches no view."""
        tell(client, problem_of(exc), self._asked.get(client, b""))

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
        problem = invalid(f"The request did not arrive in time: it has {allowed}.")
        tell(conn.sock, problem, conn.parser.unreader.buf.getvalue())
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
        # What comes behind may be the next request. Where the last chunk only seems to end here, the thread reads on.
        last = _LAST_CHUNK.search(raw, end + 2)
        return last is not None and raw.find(b"\r\n\r\n", last.end() - 2) >= 0
    length = _LENGTH.search(head)
    return length is None or len(raw) - end - 4 >= int(length[1])


def _close(sock: socket.socket, graceful: bool = False) -> None:
    util.close(sock)
