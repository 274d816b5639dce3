"""The demo's side of the wire: a Notification URL and three applications, each a path of one small HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class Call:
    """One signed call that arrived, its signature verified."""

    path: str
    body: dict[str, Any]


@dataclass
class Receiver:
    """What arrived so far, and the secret that signatures are verified with."""

    url: str = ""
    secret: str = ""
    forged: int = 0
    calls: list[Call] = field(default_factory=list)
    arrival: threading.Condition = field(default_factory=threading.Condition)
    closing: threading.Event = field(default_factory=threading.Event)

    def wait_for(
        self, path: str, matches: Callable[[dict[str, Any]], bool], timeout: float = 20
    ) -> dict[str, Any] | None:
        """The first call to `path` that `matches`, as soon as it is there; None where it does not come in time."""

        def found() -> dict[str, Any] | None:
            return next((call.body for call in self.calls if call.path == path and matches(call.body)), None)

        with self.arrival:
            return self.arrival.wait_for(found, timeout)

    def add(self, path: str, headers: dict[str, str], raw: bytes) -> None:
        try:
            body = Webhook(self.secret).verify(raw, headers)
        except Exception:  # whatever is wrong with it, it was not signed by the platform
            self.forged += 1
            return
        with self.arrival:
            self.calls.append(Call(path, body))
            self.arrival.notify_all()


def answer(receiver: Receiver, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None] | None:
    """What each application answers: status and body; None where it hangs until nobody listens any more."""
    if path == "/broken":
        return 500, None
    if path == "/hanging":
        receiver.closing.wait(30)
        return None
    if path == "/greeter" and "launch" in body.get("event", {}):
        return 200, {"actions": [_greeting(body)]}
    return 200, None


def _greeting(body: dict[str, Any]) -> dict[str, Any]:
    launch = body["event"]["launch"]
    return {
        "type": "send",
        "from": launch["to"][0],
        "to": [launch["from"]],
        "subject": "Good morning",
        "body": f"You asked for {body['session']['parameters'].get('topic', 'nothing')}.",
    }


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """The receiver on a free port of loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            raw = self.rfile.read(length)
            if len(raw) < length:  # the worker was killed before it had said everything
                return
            receiver.add(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
            if (answered := answer(receiver, self.path, json.loads(raw))) is None:
                return
            status, body = answered
            payload = json.dumps(body).encode() if body else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the story does the talking."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.closing.set()
            server.shutdown()
            thread.join()
