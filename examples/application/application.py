"""A whole email application, with Python's standard library only. See README.md."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = int(os.environ.get("EPM_EXAMPLE_PORT", "8025"))
SECRET = os.environ.get("EPM_EXAMPLE_SECRET", "")
TOLERANCE = 300
"""Seconds that a signature may be old."""
Answer = dict[str, Any]


def run(told: Mapping[str, Any]) -> Answer | None:
    """What the application does when the Email Browser calls it; None ends the session."""
    match told["event"]:
        # First, for a receipt comes with the message it is about.
        case {"receipt": receipt, "recipient": recipient}:
            print(f"receipt: {recipient['address']} {receipt['action']} {receipt['status']}: {receipt['explanation']}")
        case {"launch": launch}:
            return _greet(launch)
        case {"message": message}:
            return _reply(message)
    return None


def _greet(launch: Mapping[str, Any]) -> Answer:
    print(f"launch: greeting {launch['from']}")
    subject = launch["subject"] or "Welcome"
    return {
        "actions": [
            {"type": "send", "to": launch["from"], "subject": subject, "body": "Welcome. Write to us any time."}
        ]
    }


def _reply(message: Mapping[str, Any]) -> Answer | None:
    print(f"message: {message['from']} writes about {message['subject']!r}")
    if message["automatic"]:
        return None
    return {"actions": [{"type": "reply", "body": f"Thank you. You wrote:\n\n{message['text']}"}]}


def is_signed(headers: Mapping[str, str], body: bytes) -> bool:
    """Did the platform sign this within the last minutes? Standard Webhooks 1.0."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())


class Handler(BaseHTTPRequestHandler):
    """The application's two URLs."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_signed(headers, body):
            return self._answer(401)
        if self.path == "/application":
            return self._answer(200, run(json.loads(body)))
        if self.path == "/notifications":
            told = json.loads(body)
            print(f"notification: {told['type']} {told['recipient']['address']} (number {told['sequence']})")
            return self._answer(204)
        return self._answer(404)

    def _answer(self, status: int, answer: Answer | None = None) -> None:
        content = json.dumps(answer).encode() if answer else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """What matters is printed where it happens."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    if not SECRET:
        print("EPM_EXAMPLE_SECRET is not set: the signing secret of the application, whsec_…", file=sys.stderr)
        return 2
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ThreadingHTTPServer(("127.0.0.1", PORT), Handler) as server:
        print(f"the example application listens on http://127.0.0.1:{server.server_address[1]}")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
