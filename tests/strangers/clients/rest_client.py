"""What openapi-python-client makes of the description. Prints what test_rest_clients.py describes."""

import json
import os
import sys
import time
from typing import Any

from made import AuthenticatedClient, models  # type: ignore[import-not-found]
from made.api.emails import get_email_status, search, send_batch, send_email  # type: ignore[import-not-found]
from made.api.launches import launch_email  # type: ignore[import-not-found]


def main(bounced: str) -> None:
    token = f"{os.environ['EPM_CREDENTIAL']}.{os.environ['EPM_SECRET']}"
    client = AuthenticatedClient(base_url=os.environ["EPM_ENDPOINT"], token=token)

    def send(**changed: Any) -> Any:
        mail = {"from": "Shop <shop@example.com>", "to": ["delivered@world.example"], "subject": "Größe", **changed}
        return send_email.sync(client=client, body=models.SendEmail.from_dict(mail), idempotency_key=key)

    key = f"py-{time.time()}"
    sent, again = send(), send()
    key = f"py-{time.time()}"
    refused = send(**{"from": "boss@elsewhere.example"})
    merge = {
        "from": "shop@example.com",
        "subject": "Order {{order}}",
        "to": [
            {"address": "a@world.example", "name": "Doe, Jo", "notify": ["SUCCESS"], "substitutions": {"order": "17"}},
            {"address": "b@world.example", "substitutions": {}},
        ],
    }
    merged = send_batch.sync(client=client, body=models.Batch.from_dict(merge))
    recipient = get_email_status.sync(bounced, client=client).recipients[0]
    found = search.sync(client=client, limit=1)
    asked = {
        "from": ["jo@world.example"],
        "to": ["orders@example.com"],
        "applicationName": "main:orders",
        "appParameters": {"step": 1},
    }
    launched = launch_email.sync(client=client, body=models.LaunchEmail.from_dict(asked))
    answers = {
        "sent": str(sent.message_id),
        "again": str(again.message_id),
        "merged": [r.problem.code if r.problem else r.email.recipients[0].address for r in merged.results],
        "bounced": [recipient.state, recipient.receipts[0].action],
        "problem": [refused.code, refused.field],
        "found": [len(found.emails), "string" if isinstance(found.next_, str) else "none"],
        "session": str(launched.session_id),
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
