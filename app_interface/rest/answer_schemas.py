"""The JSON Schemas of what the operations answer, as in `operations.shapes`."""

from collections.abc import Mapping

from app_interface.problems import TABLE
from app_interface.rest.schemas import (
    ANY_OBJECT,
    FIELDS,
    FLAG,
    ID,
    MOMENT,
    NUMBER,
    SECONDS,
    TEXT,
    TEXTS,
    Schema,
    list_of,
    object_of,
    one_of,
    or_null,
    page,
    ref,
)
from email_processor.models import (
    EventType,
    Evidence,
    MatchedBy,
    Priority,
    Recipient,
    Ret,
    Session,
    State,
    Suppression,
)
from email_processor.outbound.standing import Condition
from email_processor.traffic import ANSWERS
from epm.choices import InDoubtPolicy, KeyState, SigningAlgorithm
from epm.health import Verdict
from notifications.models import NotificationState

_EXPECTED = {
    **or_null(list_of(one_of(("success", "failure", "delay")))),
    "description": "The reports that may come, as far as the server's EHLO is known; null: it was never greeted.",
}
_WHO: Mapping[str, Schema] = {
    "id": ID,
    "address": TEXT,
    "kind": one_of(Recipient.Kind.values),
    "state": one_of(State.values),
    "expected_receipts": _EXPECTED,
}
_ACCEPTED = object_of(
    message_id=ID,
    application={**or_null(TEXT), "description": "zone:name"},
    notification={**TEXT, "description": "Who will be told what becomes of the mail, in words."},
    recipients=list_of(object_of(**_WHO)),
)
_BATCH_ANSWER = object_of(
    accepted=NUMBER,
    refused=NUMBER,
    results=list_of(
        object_of(
            index={**NUMBER, "description": "Which of `messages`, from 0."},
            recipient={**or_null(NUMBER), "description": "In a mail merge: which of the message's `to`, from 0."},
            email={"anyOf": [ref("Accepted"), {"type": "null"}]},
            problem={"anyOf": [ref("Problem"), {"type": "null"}]},
        )
    ),
)
_EVENT = object_of(
    sequence={**NUMBER, "description": "1, 2, 3… along the recipient."},
    type=one_of(EventType.values),
    state=one_of(State.values, description="The state after it."),
    at=MOMENT,
    data={
        **ANY_OBJECT,
        "description": "smtp: what the server answered, and the transcript; receipt: what a report said; why: in words.",
    },
)
_RECEIPT = object_of(
    id=ID,
    recipient_id=or_null(ID),
    received_at=MOMENT,
    matched_by=one_of(MatchedBy.values, description="The key that joined it to its recipient."),
    evidence=one_of(Evidence.values),
    applied={**FLAG, "description": "Did it move the recipient's state? `note` says why not."},
    note=TEXT,
    action=TEXT,
    status={**TEXT, "description": "Enhanced status code (RFC 3463)."},
    diagnostic=TEXT,
    reason=TEXT,
    hard=FLAG,
    explanation=TEXT,
    final_recipient=TEXT,
    original_recipient=TEXT,
    remote_mta=TEXT,
    final_log_id=TEXT,
    reporting_mta=TEXT,
    received_from_mta=TEXT,
    dsn_gateway=TEXT,
    envelope_id=TEXT,
    original_message_id=TEXT,
    arrival=or_null(MOMENT),
    last_attempt=or_null(MOMENT),
    will_retry_until=or_null(MOMENT),
    report_fields=FIELDS,
    recipient_fields=FIELDS,
)
_NOTIFICATION = object_of(
    id=ID,
    type={**TEXT, "examples": ["email.sent"]},
    sequence=NUMBER,
    state=one_of(NotificationState.values),
    created_at=MOMENT,
    settled_at=or_null(MOMENT),
    next_try_at=or_null(MOMENT),
    attempts=list_of(
        object_of(
            number=NUMBER, at=MOMENT, url=TEXT, status=or_null(NUMBER), problem=TEXT, duration=SECONDS, answer=TEXT
        )
    ),
)
_RECIPIENT = object_of(
    **_WHO,
    name=TEXT,
    state_at=MOMENT,
    next_try_at=or_null(MOMENT),
    attempts={**NUMBER, "description": "How often it was put on the wire."},
    notify=TEXT,
    orcpt=TEXT,
    metadata=ANY_OBJECT,
    events=list_of(ref("Event")),
    receipts=list_of(ref("Receipt")),
    notifications=list_of(ref("Notification")),
    timeline=list_of(object_of(at=MOMENT, kind=one_of(("event", "receipt", "notification")), title=TEXT)),
)
_MESSAGE = object_of(
    id=ID,
    message_id_header=TEXT,
    zone=TEXT,
    application=or_null(TEXT),
    connection={**or_null(TEXT), "description": "The way out; null in the sandbox."},
    **{"from": TEXT},
    subject=TEXT,
    ucid=TEXT,
    session_id={**or_null(ID), "description": "The Email Browser's session that sent it, if one did."},
    caller_session_id={**TEXT, "description": "The sessionID the caller gave."},
    parent_id=TEXT,
    tag=TEXTS,
    metadata=ANY_OBJECT,
    priority=one_of(priority.label for priority in Priority),
    accepted_at=MOMENT,
    send_at=or_null(MOMENT),
    expire_at=MOMENT,
    tell_by=or_null(MOMENT),
    sandbox=FLAG,
    in_doubt=one_of(InDoubtPolicy.values),
    envid=TEXT,
    ret=one_of(Ret.values),
    size={**NUMBER, "description": "Octets of the whole mail."},
    smtputf8=FLAG,
    attachments=list_of(object_of(file_name=TEXT, content_type=TEXT, size=NUMBER, url=or_null(TEXT))),
    summary={
        "type": "object",
        "additionalProperties": NUMBER,
        "description": "How many recipients are in which state.",
    },
)
_FOUND = object_of(
    message_id=ID,
    **{name: schema for name, schema in _WHO.items() if name != "expected_receipts"},
    state_at=MOMENT,
    application=or_null(TEXT),
    **{"from": TEXT},
    subject=TEXT,
    ucid=TEXT,
    tag=TEXTS,
    accepted_at=MOMENT,
)
_CANCELLED = object_of(
    message_id=ID,
    recipients=list_of(object_of(id=ID, address=TEXT, state=one_of(State.values), cancelled=FLAG, why=TEXT)),
)
_SUPPRESSION = object_of(
    id=ID,
    address=TEXT,
    application={**or_null(TEXT), "description": "null: the whole zone."},
    source=one_of(Suppression.Source.values),
    reason=TEXT,
    created_at=MOMENT,
    expires_at=or_null(MOMENT),
)
_TRAFFIC = object_of(
    since=MOMENT,
    until=MOMENT,
    destinations=list_of(
        object_of(
            application=TEXT,
            domain=TEXT,
            taken={**NUMBER, "description": "Recipients that some server took."},
            asked={**NUMBER, "description": "Those of them that were to be reported on if delivered."},
            answered={**NUMBER, "description": "Those asked for with a final report."},
            share=or_null({**SECONDS, "description": "answered / asked"}),
            came=object_of(**dict.fromkeys(ANSWERS, NUMBER)),
            within=list_of(object_of(seconds=or_null(SECONDS), receipts=NUMBER)),
            mean_seconds=or_null(SECONDS),
            silent={**FLAG, "description": "Asked often, and never answered."},
        )
    ),
    more={**NUMBER, "description": "Destinations beyond the limit."},
    silent={**TEXTS, "description": "Domains that never answer."},
)
_STATUS_EX = object_of(
    started_at={**MOMENT, "description": "Counters count from here."},
    now=MOMENT,
    counters={"type": "object", "additionalProperties": NUMBER},
    queues=list_of(object_of(name=TEXT, depth=NUMBER, due=NUMBER, age=SECONDS)),
    processors=list_of(
        object_of(
            zone=TEXT,
            host=TEXT,
            state=one_of(Condition.values),
            why=TEXT,
            since=or_null(MOMENT),
            seen_at=or_null(MOMENT),
        )
    ),
    connections=list_of(object_of(name=TEXT, state=one_of(Condition.values), why=TEXT, retry_at=or_null(MOMENT))),
)
_SECRET = {
    **object_of(id=TEXT),
    "properties": {"id": TEXT, "secret": TEXT, "signing_secret": TEXT},
}
_RECORD = object_of(name=TEXT, type=TEXT, value=TEXT)
_SIGNING_KEY = object_of(
    id=ID,
    algorithm=one_of(SigningAlgorithm.values),
    selector=TEXT,
    state=one_of(KeyState.values),
    record=_RECORD,
    created_at=MOMENT,
    published_at=or_null(MOMENT),
    activated_at=or_null(MOMENT),
    retired_at=or_null(MOMENT),
)
_FINDING = object_of(
    subject=TEXT,
    name=TEXT,
    found=TEXTS,
    verdict=one_of(Verdict),
    sentence=TEXT,
    publish={"anyOf": [_RECORD, {"type": "null"}]},
)
_TURN = object_of(
    number=NUMBER,
    created_at=MOMENT,
    answered_at=or_null(MOMENT),
    attempts=NUMBER,
    duration=or_null(SECONDS),
    status=or_null(NUMBER),
    problem=TEXT,
    event={**ANY_OBJECT, "description": "What the application was told."},
    answer={**or_null(ANY_OBJECT), "description": "The actions and variables it answered."},
    results={"type": "array", "items": {}, "description": "What became of each action, in order."},
)
_SESSION = object_of(
    id=ID,
    application=TEXT,
    type=one_of(Session.Type.values),
    state=one_of(Session.State.values),
    parent=TEXT,
    parameters=ANY_OBJECT,
    variables=ANY_OBJECT,
    started_at=MOMENT,
    ended_at=or_null(MOMENT),
    turns=list_of(ref("Turn")),
)
_EMAIL_STATUS = object_of(
    message_id=ID, message=ref("Message"), recipients=list_of(ref("Recipient")), sessions=list_of(ref("Session"))
)
_PROBLEM = {
    "description": "RFC 9457",
    **object_of(
        type={"type": "string", "format": "uri"},
        title=TEXT,
        status=NUMBER,
        detail=TEXT,
        code=one_of(TABLE),
        field={**or_null(TEXT), "description": "The parameter it is about."},
        retryable={**FLAG, "description": "May the same request succeed later?"},
    ),
}
_PROBLEM["properties"] |= {
    "incident": {**ID, "description": "With `internal`: the id under which the log tells what happened."},
    "retry_after": {**NUMBER, "description": "Seconds, as in Retry-After."},
}
_PROBLEM_KIND = object_of(code=one_of(TABLE), status=NUMBER, title=TEXT, retryable=FLAG, when=TEXT)
SCHEMAS: Mapping[str, Schema] = {
    "BatchAnswer": _BATCH_ANSWER,
    "Accepted": _ACCEPTED,
    "Launched": object_of(session_id=ID),
    "EmailStatus": _EMAIL_STATUS,
    "Message": _MESSAGE,
    "Recipient": _RECIPIENT,
    "Event": _EVENT,
    "Receipt": _RECEIPT,
    "ReceiptOfMessage": {"allOf": [ref("Receipt"), object_of(message_id=ID)]},
    "Notification": _NOTIFICATION,
    "Session": _SESSION,
    "Turn": _TURN,
    "Found": page("emails", _FOUND),
    "Cancelled": _CANCELLED,
    "Receipts": page("receipts", ref("ReceiptOfMessage")),
    "Traffic": _TRAFFIC,
    "Events": object_of(events=list_of(ANY_OBJECT), next={**TEXT, "description": "Give it as `after`."}),
    "Notifications": page("notifications", ref("NotificationOfApplication")),
    "NotificationOfApplication": {"allOf": [ref("Notification"), object_of(application=TEXT, subject=ID)]},
    "Replayed": object_of(replayed=NUMBER, more=FLAG),
    "Suppression": _SUPPRESSION,
    "Suppressions": page("suppressions", ref("Suppression")),
    "TakenIn": object_of(id=ID),
    "StatusEx": _STATUS_EX,
    "SigningKey": _SIGNING_KEY,
    "DomainHealth": object_of(findings=list_of(_FINDING)),
    "Secret": _SECRET,
    "Problem": _PROBLEM,
    "ProblemKind": _PROBLEM_KIND,
}
"""By the names they have in the description."""
