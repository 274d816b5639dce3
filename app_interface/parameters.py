"""The parameters of sendEmail and launchEmail (contract.md 2 and 3), one table each: how each is read, and what it means.

Both doors read by these tables (`requests.py`), and the OpenAPI description is made of them.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from app_interface import readers
from app_interface.attachments import ATTACHMENT
from app_interface.destinations import DESTINATION, MERGED, METADATA
from app_interface.readers import Reader
from email_processor.models import Priority, Ret
from epm.choices import InDoubtPolicy

TIMEOUT = 30
KEY = readers.matching(r"[!-~]{1,200}", "at most 200 visible ASCII characters", maximum=200)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name at both doors, how it is read, and what it means to a caller."""

    name: str
    reader: Reader[Any]
    help: str
    required: bool = False


CONTENT = (
    Parameter("cc", readers.list_of(DESTINATION), "As `to`."),
    Parameter("subject", readers.line(998), "One line."),
    Parameter("body", readers.TEXT, "Text; HTML where `headers` say `Content-Type: text/html`."),
    Parameter("html", readers.TEXT, "HTML beside the text in `body` (multipart/alternative)."),
    Parameter(
        "attachments",
        readers.list_of(ATTACHMENT, maximum=settings.EPM_ATTACHMENT_LIMIT),
        "Files, by `content` or by `url`. URLs are fetched before the mail is accepted. One with a `contentId` is not beside "
        "the text but in it: the HTML shows it by `cid:` and that id.",
    ),
    Parameter(
        "headers",
        # RFC 5322 3.6.8: printable ASCII without colon; short enough for a line of its own.
        readers.text_object(r"[!-9;-~]{1,76}", readers.line(5000), entries=settings.EPM_HEADER_LIMIT),
        "Further header fields. Those that say where a mail comes from, goes to or what it is made of are refused by name.",
    ),
    Parameter(
        "applicationName",
        readers.line(200, minimum=1),
        "`applicationName` or `zoneId:applicationName`. A credential of exactly one application may leave it out; "
        "a caller of another channel may too, but is then not notified.",
    ),
    Parameter("ucid", readers.line(200), "The contact's id in the caller's world; kept and searchable."),
    Parameter("sessionID", readers.line(200), "The caller's session."),
    Parameter("requestTimeout", readers.whole_number(1, 60), f"Seconds the operation may take. Default {TIMEOUT}."),
)

EMAIL_PARAMETERS = (
    Parameter(
        "notify",
        readers.NOTIFY,
        "Which delivery reports to ask for (RFC 3461 4.1). Without it the application decides, then the connection.",
    ),
    Parameter(
        "ret",
        readers.choice({ret.value: ret for ret in Ret}),
        "How much of the mail a failure report returns (RFC 3461 4.3). Default HDRS.",
    ),
    Parameter(
        "envid",
        readers.matching(r"[!-~]{1,100}", "at most 100 visible ASCII characters", maximum=100),
        "The envelope id that reports carry (RFC 3461 4.4). Default: the message id.",
    ),
    Parameter("priority", readers.choice({p.label: p for p in Priority}), "Who goes first. Default normal."),
    Parameter("sendAt", readers.MOMENT, "Not before."),
    Parameter("expireAt", readers.MOMENT, "What is not sent by then ends as expired."),
    Parameter("tellBy", readers.MOMENT, "A deadline: a recipient whose fate is unknown by then is overdue."),
    Parameter("idempotencyKey", KEY, "As the header Idempotency-Key."),
    Parameter(
        "tag",
        readers.one_or_list(readers.line(100, minimum=1), maximum=10),
        "Up to 10 words; they come back in every notification.",
    ),
    Parameter("metadata", METADATA, "Names and values; they come back in every notification."),
    Parameter("connection", readers.line(80, minimum=1), "The name of the connection to send through."),
    Parameter("sandbox", readers.FLAG, "Send to the simulated mail world: no mail leaves the house. Default false."),
    Parameter(
        "inDoubt",
        readers.choice({policy.value: policy for policy in InDoubtPolicy}),
        "What to do where nobody knows if the mail left. Without it the application decides.",
    ),
    Parameter("replyTo", readers.MAILBOXES, "Where answers go: mailboxes in a list, or separated by commas."),
    Parameter("unsubscribe", readers.HTTPS_URL, "Adds the headers of one-click unsubscription (RFC 8058)."),
)

SEND = (
    Parameter("from", readers.MAILBOX, "One mailbox: a sender that the application may use.", required=True),
    Parameter("to", readers.list_of(DESTINATION, minimum=1), "Mailboxes, or objects with an `address`.", required=True),
    Parameter("bcc", readers.list_of(DESTINATION), "As `to`; the other recipients do not see them."),
    *CONTENT,
    *EMAIL_PARAMETERS,
)

BATCH_MESSAGE = tuple(
    replace(parameter, required=False, reader=readers.list_of(MERGED) if parameter.name == "to" else parameter.reader)
    for parameter in SEND
)
"""One message of a batch, or what all of them have in common: nothing is compulsory in either alone."""

_INHERITED = ("notify", "ret", "priority", "idempotencyKey", "tag", "metadata", "connection", "sandbox")
"""What a launch can say about the mails that its session will send. The rest speaks of one mail, and there is none yet."""

LAUNCH = (
    Parameter(
        "from",
        readers.one_or_list(readers.MAILBOX, minimum=1, maximum=100),
        "The outside mailbox or mailboxes that the application is to talk with.",
        required=True,
    ),
    Parameter("to", readers.list_of(DESTINATION, minimum=1), "The platform's own address.", required=True),
    *(replace(p, required=True) if p.name == "applicationName" else p for p in CONTENT),
    *(parameter for parameter in EMAIL_PARAMETERS if parameter.name in _INHERITED),
    Parameter("appParameters", readers.any_object(), "Handed to the application."),
    Parameter("parentID", readers.line(200), "What the launched session belongs to in the caller's world."),
)
