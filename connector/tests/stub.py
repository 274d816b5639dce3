"""A small HTTP server on loopback in the platform's place: it answers what the test says and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCEPTED = {
    "message_id": "m-1",
    "application": "main:orders",
    "notification": "The notification URL of main:orders will be told.",
    "recipients": [
        {"id": "r-1", "address": "jo@example.net", "kind": "to", "state": "queued", "expected_receipts": ["FAILURE"]}
    ],
}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Platform:
    """What the stub answers, in turn (the last one again and again), and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, str], bytes]] = field(default_factory=list)

    def answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """One more answer: JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, headers or {}, raw))

    def refuse(self, status: int, code: str, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        """One more answer: a problem."""
        self.answer(status, {"code": code, "detail": "Why.", "field": None, "retryable": False, **members}, headers)

    def next(self) -> tuple[int, Mapping[str, str], bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def running() -> Iterator[Platform]:
    """A stub on a free port."""
    stub = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.asked.append(Asked(self.command, self.path, headers, body))
            status, further, content = stub.next()
            self.send_response(status)
            for name, value in {**further, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield stub
    server.shutdown()
    server.server_close()
