"""Requests that reach no view: what is wrong with them, told in the way of the door that they were meant for."""

import json
import re
import socket
import time
from contextlib import suppress
from http import HTTPStatus

from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException

from app_interface.problems import Problem, from_exception, invalid
from app_interface.soap import envelope, faults
from app_interface.soap.envelope import V11, VERSIONS

LINGER, LINGERING = 1.0, 16 * 1024 * 1024
"""How long, in seconds and octets, a client that is refused midway may go on sending: an answer behind a reset is lost."""
_AT_ONCE = 64 * 1024
_FOR_SOAP = re.compile(rb"[A-Z]+ (https?://[^/ ]*)?/soap/")


def problem_of(error: Exception) -> Problem:
    """What a caller is told of an error that ended its request before any view."""
    is_callers = isinstance(error, ParseException) and not isinstance(
        error, InvalidResponseHeader | InvalidResponseHeaderName
    )
    return invalid(f"The head of the request cannot be read: {error}") if is_callers else from_exception(error)


def tell(sock: socket.socket, problem: Problem, asked: bytes) -> None:
    """Answer as far as the client listens. `asked` is how its request begins."""
    media_type, body = _answer(problem, asked)
    status = HTTPStatus(problem.kind.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with suppress(OSError):
        sock.settimeout(LINGER)
        sock.sendall(head.encode() + body)


def _answer(problem: Problem, asked: bytes) -> tuple[str, bytes]:
    """Media type and body: at the SOAP door a fault, in the version that is spoken as far as one can tell."""
    if not _FOR_SOAP.match(asked):
        return "application/problem+json", json.dumps(problem.as_json()).encode()
    spoken = (version for version in VERSIONS if version.media_type.encode() in asked.lower())
    version = next(spoken, V11)
    return f"{version.media_type}; charset=utf-8", envelope.write(version, faults.of_problem(problem, version))


def linger(sock: socket.socket) -> None:
    """End our side, and read for a while what the client goes on sending (RFC 9112 9.6)."""
    until, left = time.monotonic() + LINGER, LINGERING
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while left > 0 and (seconds := until - time.monotonic()) > 0:
            sock.settimeout(seconds)
            data = sock.recv(_AT_ONCE)
            if not data:
                return
            left -= len(data)
