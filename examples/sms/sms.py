"""The back end of an SMS application: `jo@example.net Hello` goes out by email, the phone hears if it fails. See README.md."""

import os
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from epm_connector import ConnectorError, Email, EmailNotificationConnector, Event

PORT = int(os.environ.get("EPM_EXAMPLE_PORT", "8026"))
LOST = {"email.failed", "email.bounced", "email.expired"}


def send(connector: EmailNotificationConnector, number: str, text: str, id: str) -> None:
    """Send what was texted. The gateway may deliver an SMS twice: its id makes it one mail."""
    address, _, body = text.strip().partition(" ")
    try:
        connector.send(
            Email(
                sender="demo@example.com",
                to=address,
                subject=f"SMS from {number}",
                body=body,
                parameters={"metadata": {"number": number}, "tag": "sms"},
                ucid=id,
                idempotency_key=f"sms-{id}",
            )
        )
    except ConnectorError as error:
        text_back(number, f"Not sent to {address}: {error.detail}")


def hear(told: Mapping[str, Any]) -> None:
    """What became of a mail, as the platform tells it."""
    event = Event.of(told)
    if event.type in LOST:
        why = (event.receipt or {}).get("explanation") or (event.smtp or {}).get("text", "")
        text_back(event.message["metadata"]["number"], f"Not delivered to {event.recipient['address']}: {why}")


def text_back(number: str, text: str) -> None:
    """Here your SMS gateway would be called."""
    print(f"SMS to {number}: {text}", flush=True)


class Handler(BaseHTTPRequestHandler):
    """The URL for the gateway, and the notification URL."""

    connector: EmailNotificationConnector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/sms":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            send(self.connector, form["from"], form["text"], form["id"])
            return self._answer(204)
        try:
            hear(self.connector.verify(dict(self.headers.items()), body))
        except ConnectorError:
            return self._answer(401)
        return self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """What matters is printed where it happens."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    Handler.connector = EmailNotificationConnector(
        os.environ["EPM_ENDPOINT"],
        os.environ["EPM_CREDENTIAL"],
        os.environ["EPM_SECRET"],
        os.environ.get("EPM_APPLICATION", ""),
        signing_secrets=[os.environ["EPM_EXAMPLE_SECRET"]],
    )
    with ThreadingHTTPServer(("127.0.0.1", PORT), Handler) as server:
        print(f"the SMS application listens on http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
