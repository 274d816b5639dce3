"""Send one mail and follow every recipient until it is settled. See README.md."""

import os
import sys
import time

from epm_connector import ConnectorError, Email, EmailNotificationConnector, Status

SETTLED = {"delivered", "relayed", "bounced", "failed", "expired", "cancelled", "suppressed"}
PATIENCE = 30
"""Seconds."""


def main(addresses: list[str]) -> int:
    """Send to `addresses`; answers 0 where every one of them was reached."""
    connector = EmailNotificationConnector(
        os.environ["EPM_ENDPOINT"],
        os.environ["EPM_CREDENTIAL"],
        os.environ["EPM_SECRET"],
        protocol=os.environ.get("EPM_PROTOCOL", "rest"),
    )
    with connector:
        try:
            sent = connector.send(
                Email(
                    sender="demo@example.com",
                    to=addresses,
                    subject="Hello",
                    body="By the connector.",
                    parameters={"notify": "SUCCESS,FAILURE", "metadata": {"example": "python"}},
                )
            )
            print(f"accepted {sent.message_id}\n{sent.notification}")
            status = follow(connector, sent.message_id)
        except ConnectorError as error:
            print(f"not done: {error}", file=sys.stderr)
            return 1
    for recipient in status.recipients:
        why = recipient.receipts[-1].explanation if recipient.receipts else ""
        print(f"{recipient.address}: {recipient.state} {why}".rstrip())
    return 0 if all(recipient.state in ("delivered", "relayed") for recipient in status.recipients) else 1


def follow(connector: EmailNotificationConnector, message_id: str) -> Status:
    """Ask once a second until every recipient is settled, or patience ends."""
    for _ in range(PATIENCE):
        status = connector.status(message_id)
        if all(recipient.state in SETTLED for recipient in status.recipients):
            break
        time.sleep(1)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["delivered@world.example"]))
