"""suds-community. Prints what test_clients.py describes."""

import base64
import json
import os
import sys
from datetime import UTC, datetime, timedelta

from suds import WebFault  # type: ignore[import-not-found]
from suds.client import Client  # type: ignore[import-not-found]
from suds.transport.http import HttpAuthenticated  # type: ignore[import-not-found]
from suds.wsse import Security, UsernameToken  # type: ignore[import-not-found]


def main(way: str, bounced: str, url: str) -> None:
    who = (os.environ["EPM_CREDENTIAL"], os.environ["EPM_SECRET"])
    # With the credential at hand the transport offers it when it is asked for; with a token it has none to offer.
    transport = HttpAuthenticated() if way == "token" else HttpAuthenticated(username=who[0], password=who[1])
    client = Client(f"{os.environ['EPM_ENDPOINT']}/soap/AppIntfWS?wsdl", transport=transport, cache=None)
    client.set_options(port="AppIntfWSSoap12" if way == "1.2" else "AppIntfWSSoap11")
    if way == "token":
        security = Security()
        security.tokens.append(UsernameToken(*who))
        client.set_options(wsse=security)
    service = client.service

    plain = {"from": "Shop <shop@example.com>", "to": "delivered@world.example", "subject": "Plain", "body": "Hello"}
    sent = service.sendEmail(**plain)
    attachment = client.factory.create("ns0:Attachment")
    attachment.fileName, attachment.contentType = "a.bin", "application/octet-stream"
    attachment.content = base64.b64encode(b"\x00\xffa").decode()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    full = {
        "to": '"Doe, Jo" <delivered@world.example>, unknown@world.example',
        "cc": "cc@world.example",
        "subject": "Größe – 5 €",
        "body": "<p>Hello</p>",
        "attachments": url,
        "attachment": [attachment],
        "headers": r"Content-Type=text/html;X-Line=a\;b",
        "emailParameters": f"notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt={tomorrow}",
        "ucid": "u-1",
        "sessionID": "s-1",
        "requestTimeout": 20,
    }
    accepted = service.sendEmail(**plain | full)
    told = service.getEmailStatus(messageID=bounced).recipient[0]
    asked = {
        "from": "jo@world.example, al@world.example",
        "to": "orders@example.com",
        "applicationName": "main:orders",
        "appParameters": r"step=1;note=a\;b",
        "parentID": "p-1",
    }
    try:
        service.sendEmail(**plain | {"from": "boss@elsewhere.example"})
    except WebFault as fault:
        problem = fault.fault.detail.problem
    answers = {
        "sent": sent.messageID_returned,
        "accepted": accepted.messageID_returned,
        "addresses": [one.address for one in accepted.recipient],
        # Of an answer with a single element, suds hands over the element itself.
        "cancelled": [one.cancelled for one in service.cancelEmail(messageID=accepted.messageID_returned)],
        "bounced": [
            *(told.state, next(event.smtp.code for event in told.event if hasattr(event, "smtp"))),
            *(told.receipt[0].action, told.receipt[0].status, told.receipt[0].applied),
        ],
        "session": service.launchEmail(**asked),
        # It reads a fault's detail without the schema: everything in it is text.
        "problem": [problem.code, problem.field, problem.retryable == "true"],
        "queues": [queue.name for queue in service.getStatusEx().queue],
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
