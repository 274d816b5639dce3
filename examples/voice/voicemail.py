"""A message left on the phone goes out by email. See README.md."""

import os
import sys
from pathlib import Path

from epm_connector import Attachment, ConnectorError, Email, EmailNotificationConnector


def send_voicemail(connector: EmailNotificationConnector, caller: str, recording: Path, mailbox: str, ucid: str) -> str:
    """Mail the recording to `mailbox`; answers who will be notified. The UCID makes it one mail however often it is called."""
    sent = connector.send(
        Email(
            sender="Voicemail <demo@example.com>",
            to=mailbox,
            subject=f"Message from {caller}",
            body=f"{caller} left a message. The recording is attached.",
            attachments=[Attachment.read(recording)],
            parameters={"priority": "high", "tag": "voicemail", "metadata": {"caller": caller}},
            ucid=ucid,
            idempotency_key=f"voicemail-{ucid}",
        )
    )
    return sent.notification


def main(caller: str, recording: str, mailbox: str, ucid: str) -> int:
    """One message, from the command line."""
    with EmailNotificationConnector(
        os.environ["EPM_ENDPOINT"],
        os.environ["EPM_CREDENTIAL"],
        os.environ["EPM_SECRET"],
        os.environ.get("EPM_APPLICATION", ""),
    ) as connector:
        try:
            print(send_voicemail(connector, caller, Path(recording), mailbox, ucid))
        except ConnectorError as error:
            print(f"not sent: {error}", file=sys.stderr)
            return 75 if error.retryable else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
