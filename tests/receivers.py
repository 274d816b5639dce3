"""A real HTTP server on loopback that plays an application's two URLs."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver answers. `hang` keeps the caller waiting until the receiver is closed."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False


Script = Callable[[Received], Reply]


class Receiver:
    """Records what it receives, and answers what `script` says (200 and nothing, if not set)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.received: list[Received] = []
        self.connections = 0
        self.script: Script = lambda received: Reply()
        self.closing = threading.Event()

    def answers(self, *replies: Reply) -> None:
        """Answer these in turn; the last one again and again."""
        left = list(replies)
        self.script = lambda received: left.pop(0) if len(left) > 1 else left[0]

    def answers_json(self, *bodies: Any) -> None:
        self.answers(*(Reply(200, json.dumps(body).encode()) for body in bodies))


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A running Receiver on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.receiver  # type: ignore[attr-defined]
    finally:
        server.receiver.closing.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.receiver.connections += 1

    @property
    def receiver(self) -> Receiver:
        return self.server.receiver  # type: ignore[attr-defined,no-any-return]

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # the caller died before it had said everything
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        self.receiver.received.append(received)
        reply = self.receiver.script(received)
        if reply.hang:
            self.receiver.closing.wait()
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output quiet."""
