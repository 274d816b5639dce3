"""The VoiceXML back end of a voicemail box: a message left on the phone goes out by email. See README.md."""

import os
import sys
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from epm_connector import Attachment, ConnectorError, Email, EmailNotificationConnector

PORT = int(os.environ.get("EPM_EXAMPLE_PORT", "8027"))
MAILBOX = os.environ.get("EPM_EXAMPLE_MAILBOX", "delivered@world.example")
PAGE = '<?xml version="1.0" encoding="UTF-8"?><vxml version="2.1" xmlns="http://www.w3.org/2001/vxml"><form>{}</form></vxml>'
RECORD = """
<var name="caller" expr="session.connection.remote.uri"/>
<var name="ucid" expr="session.ucid"/>
<record name="recording" beep="true" maxtime="120s" finalsilence="4s" type="audio/x-wav">
  <prompt>Please leave a message after the tone.</prompt>
  <filled><submit next="/message" method="post" enctype="multipart/form-data" namelist="caller ucid recording"/></filled>
</record>"""
SAY = "<block><prompt>{}</prompt><exit/></block>"


def send_voicemail(connector: EmailNotificationConnector, caller: str, recording: bytes, ucid: str) -> str:
    """Mail the recording; answers what the caller hears. The UCID makes it one mail however often it is submitted."""
    try:
        sent = connector.send(
            Email(
                sender="Voicemail <demo@example.com>",
                to=MAILBOX,
                subject=f"Message from {caller}",
                body=f"{caller} left a message. The recording is attached.",
                attachments=[Attachment("message.wav", recording, "audio/x-wav")],
                parameters={"priority": "high", "tag": "voicemail", "metadata": {"caller": caller}},
                ucid=ucid,
                idempotency_key=f"voicemail-{ucid}",
            )
        )
    except ConnectorError as error:
        print(f"not sent: {error}", flush=True)
        return "Your message could not be sent. Please call again."
    print(f"sent {sent.message_id}. {sent.notification}", flush=True)
    return "Your message has been sent. Good-bye."


class Handler(BaseHTTPRequestHandler):
    """What the voice browser fetches and submits to."""

    connector: EmailNotificationConnector

    def do_GET(self) -> None:
        self._answer(RECORD)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = message_from_bytes(f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode() + body, policy=HTTP)
        given = {str(part.get_param("name", header="Content-Disposition")): part for part in form.iter_parts()}
        caller, ucid = (str(given[name].get_payload()).strip() for name in ("caller", "ucid"))
        recording = given["recording"].get_payload(decode=True)
        assert isinstance(recording, bytes)
        self._answer(SAY.format(send_voicemail(self.connector, caller, recording, ucid)))

    def _answer(self, content: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/voicexml+xml")
        self.end_headers()
        self.wfile.write(PAGE.format(content).encode())

    def log_message(self, *_: Any) -> None:
        """What matters is printed where it happens."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    Handler.connector = EmailNotificationConnector(
        os.environ["EPM_ENDPOINT"],
        os.environ["EPM_CREDENTIAL"],
        os.environ["EPM_SECRET"],
        os.environ.get("EPM_APPLICATION", ""),
    )
    with ThreadingHTTPServer(("127.0.0.1", PORT), Handler) as server:
        print(f"the voice application listens on http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
