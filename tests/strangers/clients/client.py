"""zeep. Prints what test_clients.py describes."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import requests
import zeep
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

NAMESPACE = "urn:epm:AppIntfWS:1"


def main(way: str, bounced: str, url: str) -> None:
    who = (os.environ["EPM_CREDENTIAL"], os.environ["EPM_SECRET"])
    session, token = requests.Session(), None
    if way in ("token", "digest"):
        token = UsernameToken(*who, use_digest=way == "digest")
    else:
        session.auth = who
    description = f"{os.environ['EPM_ENDPOINT']}/soap/AppIntfWS?wsdl"
    client = zeep.Client(description, transport=Transport(session=session), wsse=token)
    service = client.bind("AppIntfWS", "AppIntfWSSoap12" if way == "1.2" else "AppIntfWSSoap11")

    plain = {"from": "Shop <shop@example.com>", "to": "delivered@world.example", "subject": "Plain", "body": "Hello"}
    sent = service.sendEmail(**plain)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    full = {
        "to": '"Doe, Jo" <delivered@world.example>, unknown@world.example',
        "cc": "cc@world.example",
        "subject": "Größe – 5 €",
        "body": "<p>Hello</p>",
        "attachments": url,
        "attachment": [{"fileName": "a.bin", "contentType": "application/octet-stream", "content": b"\x00\xffa"}],
        "headers": r"Content-Type=text/html;X-Line=a\;b",
        "emailParameters": f"notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt={tomorrow}",
        "ucid": "u-1",
        "sessionID": "s-1",
        "requestTimeout": 20,
    }
    accepted = service.sendEmail(**plain | full)
    told = service.getEmailStatus(messageID=bounced).recipient[0]
    (receipt,) = told.receipt
    asked = {
        "from": "jo@world.example, al@world.example",
        "to": "orders@example.com",
        "applicationName": "main:orders",
        "appParameters": r"step=1;note=a\;b",
        "parentID": "p-1",
    }
    try:
        service.sendEmail(**plain | {"from": "boss@elsewhere.example"})
    except zeep.exceptions.Fault as fault:
        problem = client.get_element(f"{{{NAMESPACE}}}problem").parse(fault.detail[0], client.wsdl.types)
    answers = {
        "sent": sent.messageID_returned,
        "accepted": accepted.messageID_returned,
        "addresses": [one.address for one in accepted.recipient],
        # Of an answer with a single element, zeep hands over the element itself.
        "cancelled": [one.cancelled for one in service.cancelEmail(messageID=accepted.messageID_returned)],
        "bounced": [
            *(told.state, next(event.smtp.code for event in told.event if event.smtp)),
            *(receipt.action, receipt.status, receipt.applied),
        ],
        "session": service.launchEmail(**asked),
        "problem": [problem.code, problem.field, problem.retryable],
        "queues": [queue.name for queue in service.getStatusEx().queue],
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
