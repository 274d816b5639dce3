"""The JSON Schemas of the OpenAPI description: requests from the tables in `parameters`, answers as in `operations.shapes`."""

from collections.abc import Mapping
from typing import Any

from app_interface.batches import MOST_MAILS
from app_interface.configuration import KEY_STEP, KINDS, NEW_KEY, RENEWAL, schema_of
from app_interface.parameters import BATCH_MESSAGE, LAUNCH, SEND, Parameter
from app_interface.problems import TABLE
from app_interface.queries import REPLAY, SUPPRESS
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

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
SECONDS: Schema = {"type": "number", "description": "Seconds."}
ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}
TEXTS: Schema = {"type": "array", "items": TEXT}
FIELDS: Schema = {"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}}
_HEADERS: Schema = {
    name: {"description": description, "schema": schema}
    for name, description, schema in (
        ("Retry-After", "Seconds until it may succeed.", NUMBER),
        (
            "RateLimit-Policy",
            "The limits of the credential, if it has any (draft-ietf-httpapi-ratelimit-headers).",
            TEXT,
        ),
        ("RateLimit", "What is left of them: r units, all of them again in t seconds.", TEXT),
    )
}


def ref(name: str) -> Schema:
    """A reference to one of `components()`."""
    return {"$ref": f"#/components/schemas/{name}"}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """drf-spectacular's post-processing hook: puts the schemas where `ref` points, says which bodies are compulsory, and which
    header fields answers to credentials with limits have.
    """
    result["components"].setdefault("schemas", {}).update(components())
    result["components"]["headers"] = _HEADERS
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = ref("Renewal") not in _schemas(operation["requestBody"])
            if "security" in operation:
                _with_headers(operation["responses"])
    return result


def _schemas(body: Schema) -> list[Schema]:
    return [content["schema"] for content in body["content"].values()]


def _with_headers(responses: Schema) -> None:
    for status, answer in responses.items():
        names = [name for name in _HEADERS if name != "Retry-After" or status in ("409", "429")]
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def components() -> Schema:
    """Every schema by its name."""
    return {
        "SendEmail": _request(SEND),
        "Batch": _batch(),
        "BatchMessage": _request(BATCH_MESSAGE),
        "BatchAnswer": _BATCH_ANSWER,
        "LaunchEmail": _request(LAUNCH),
        "Accepted": _ACCEPTED,
        "Launched": _object(session_id=ID),
        "EmailStatus": _EMAIL_STATUS,
        "Message": _MESSAGE,
        "Recipient": _RECIPIENT,
        "Event": _EVENT,
        "Receipt": _RECEIPT,
        "ReceiptOfMessage": {"allOf": [ref("Receipt"), _object(message_id=ID)]},
        "Notification": _NOTIFICATION,
        "Session": _SESSION,
        "Turn": _TURN,
        "Found": _page("emails", _FOUND),
        "Cancelled": _CANCELLED,
        "Receipts": _page("receipts", ref("ReceiptOfMessage")),
        "Traffic": _TRAFFIC,
        "Events": _object(events=_list(ANY_OBJECT), next={**TEXT, "description": "Give it as `after`."}),
        "Notifications": _page("notifications", ref("NotificationOfApplication")),
        "NotificationOfApplication": {"allOf": [ref("Notification"), _object(application=TEXT, subject=ID)]},
        "Replay": _request(REPLAY),
        "Replayed": _object(replayed=NUMBER, more=FLAG),
        "Suppress": _request(SUPPRESS),
        "Suppression": _SUPPRESSION,
        "Suppressions": _page("suppressions", ref("Suppression")),
        "TakenIn": _object(id=ID),
        "StatusEx": _STATUS_EX,
        "Renewal": _request(RENEWAL),
        "NewSigningKey": _request(NEW_KEY),
        "SigningKeyStep": _request(KEY_STEP),
        "SigningKey": _SIGNING_KEY,
        "DomainHealth": _object(findings=_list(_FINDING)),
        "Secret": _SECRET,
        **_managed(),
        "Problem": _PROBLEM,
        "ProblemKind": _PROBLEM_KIND,
    }


def _request(table: tuple[Parameter, ...]) -> Schema:
    return {
        "type": "object",
        "required": [parameter.name for parameter in table if parameter.required],
        "properties": {
            parameter.name: {**parameter.reader.schema, "description": parameter.help} for parameter in table
        },
        "additionalProperties": False,
    }


def _batch() -> Schema:
    """What holds for all, and the messages."""
    messages = {"type": "array", "items": ref("BatchMessage"), "minItems": 1, "maxItems": MOST_MAILS}
    common = _request(BATCH_MESSAGE)
    alone_or_several = [{"required": ["from", "to"]}, {"required": ["messages"]}]
    return {**common, "properties": {**common["properties"], "messages": messages}, "anyOf": alone_or_several}


def _managed() -> Schema:
    """What management reads and answers."""
    schemas = {}
    for kind in KINDS.values():
        schemas[kind.component] = schema_of(kind)
        schemas[kind.components] = _object(**{kind.name: _list(ref(kind.component))})
        schemas[f"{kind.component}Fields"] = _request(kind.parameters)
        schemas[f"New{kind.component}"] = {**_request(kind.parameters), "required": kind.compulsory}
    return schemas


def _page(name: str, item: Schema) -> Schema:
    return _object(**{name: _list(item)}, next={**_or_null(TEXT), "description": "The cursor of the next page."})


def _object(**properties: Schema) -> Schema:
    """An answer: every member is always there."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _one_of(choices: Any, **more: Any) -> Schema:
    return {"type": "string", "enum": [str(choice) for choice in choices], **more}


_EXPECTED = {
    **_or_null(_list(_one_of(("success", "failure", "delay")))),
    "description": "The reports that may come, as far as the server's EHLO is known; null: it was never greeted.",
}
_WHO: Mapping[str, Schema] = {
    "id": ID,
    "address": TEXT,
    "kind": _one_of(Recipient.Kind.values),
    "state": _one_of(State.values),
    "expected_receipts": _EXPECTED,
}
_ACCEPTED = _object(
    message_id=ID,
    application={**_or_null(TEXT), "description": "zone:name"},
    notification={**TEXT, "description": "Who will be told what becomes of the mail, in words."},
    recipients=_list(_object(**_WHO)),
)
_BATCH_ANSWER = _object(
    accepted=NUMBER,
    refused=NUMBER,
    results=_list(
        _object(
            index={**NUMBER, "description": "Which of `messages`, from 0."},
            recipient={**_or_null(NUMBER), "description": "In a mail merge: which of the message's `to`, from 0."},
            email={"anyOf": [ref("Accepted"), {"type": "null"}]},
            problem={"anyOf": [ref("Problem"), {"type": "null"}]},
        )
    ),
)
_EVENT = _object(
    sequence={**NUMBER, "description": "1, 2, 3… along the recipient."},
    type=_one_of(EventType.values),
    state=_one_of(State.values, description="The state after it."),
    at=MOMENT,
    data={
        **ANY_OBJECT,
        "description": "smtp: what the server answered, and the transcript; receipt: what a report said; why: in words.",
    },
)
_RECEIPT = _object(
    id=ID,
    recipient_id=_or_null(ID),
    received_at=MOMENT,
    matched_by=_one_of(MatchedBy.values, description="The key that joined it to its recipient."),
    evidence=_one_of(Evidence.values),
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
    arrival=_or_null(MOMENT),
    last_attempt=_or_null(MOMENT),
    will_retry_until=_or_null(MOMENT),
    report_fields=FIELDS,
    recipient_fields=FIELDS,
)
_NOTIFICATION = _object(
    id=ID,
    type={**TEXT, "examples": ["email.sent"]},
    sequence=NUMBER,
    state=_one_of(NotificationState.values),
    created_at=MOMENT,
    settled_at=_or_null(MOMENT),
    next_try_at=_or_null(MOMENT),
    attempts=_list(
        _object(
            number=NUMBER, at=MOMENT, url=TEXT, status=_or_null(NUMBER), problem=TEXT, duration=SECONDS, answer=TEXT
        )
    ),
)
_RECIPIENT = _object(
    **_WHO,
    name=TEXT,
    state_at=MOMENT,
    next_try_at=_or_null(MOMENT),
    attempts={**NUMBER, "description": "How often it was put on the wire."},
    notify=TEXT,
    orcpt=TEXT,
    metadata=ANY_OBJECT,
    events=_list(ref("Event")),
    receipts=_list(ref("Receipt")),
    notifications=_list(ref("Notification")),
    timeline=_list(_object(at=MOMENT, kind=_one_of(("event", "receipt", "notification")), title=TEXT)),
)
_MESSAGE = _object(
    id=ID,
    message_id_header=TEXT,
    zone=TEXT,
    application=_or_null(TEXT),
    connection={**_or_null(TEXT), "description": "The way out; null in the sandbox."},
    **{"from": TEXT},
    subject=TEXT,
    ucid=TEXT,
    session_id={**_or_null(ID), "description": "The Email Browser's session that sent it, if one did."},
    caller_session_id={**TEXT, "description": "The sessionID the caller gave."},
    parent_id=TEXT,
    tag=TEXTS,
    metadata=ANY_OBJECT,
    priority=_one_of(priority.label for priority in Priority),
    accepted_at=MOMENT,
    send_at=_or_null(MOMENT),
    expire_at=MOMENT,
    tell_by=_or_null(MOMENT),
    sandbox=FLAG,
    in_doubt=_one_of(InDoubtPolicy.values),
    envid=TEXT,
    ret=_one_of(Ret.values),
    size={**NUMBER, "description": "Octets of the whole mail."},
    smtputf8=FLAG,
    attachments=_list(_object(file_name=TEXT, content_type=TEXT, size=NUMBER, url=_or_null(TEXT))),
    summary={
        "type": "object",
        "additionalProperties": NUMBER,
        "description": "How many recipients are in which state.",
    },
)
_FOUND = _object(
    message_id=ID,
    **{name: schema for name, schema in _WHO.items() if name != "expected_receipts"},
    state_at=MOMENT,
    application=_or_null(TEXT),
    **{"from": TEXT},
    subject=TEXT,
    ucid=TEXT,
    tag=TEXTS,
    accepted_at=MOMENT,
)
_CANCELLED = _object(
    message_id=ID,
    recipients=_list(_object(id=ID, address=TEXT, state=_one_of(State.values), cancelled=FLAG, why=TEXT)),
)
_SUPPRESSION = _object(
    id=ID,
    address=TEXT,
    application={**_or_null(TEXT), "description": "null: the whole zone."},
    source=_one_of(Suppression.Source.values),
    reason=TEXT,
    created_at=MOMENT,
    expires_at=_or_null(MOMENT),
)
_TRAFFIC = _object(
    since=MOMENT,
    until=MOMENT,
    destinations=_list(
        _object(
            application=TEXT,
            domain=TEXT,
            taken={**NUMBER, "description": "Recipients that some server took."},
            asked={**NUMBER, "description": "Those of them that were to be reported on if delivered."},
            answered={**NUMBER, "description": "Those asked for with a final report."},
            share=_or_null({**SECONDS, "description": "answered / asked"}),
            came=_object(**dict.fromkeys(ANSWERS, NUMBER)),
            within=_list(_object(seconds=_or_null(SECONDS), receipts=NUMBER)),
            mean_seconds=_or_null(SECONDS),
            silent={**FLAG, "description": "Asked often, and never answered."},
        )
    ),
    more={**NUMBER, "description": "Destinations beyond the limit."},
    silent={**TEXTS, "description": "Domains that never answer."},
)
_STATUS_EX = _object(
    started_at={**MOMENT, "description": "Counters count from here."},
    now=MOMENT,
    counters={"type": "object", "additionalProperties": NUMBER},
    queues=_list(_object(name=TEXT, depth=NUMBER, due=NUMBER, age=SECONDS)),
    processors=_list(
        _object(
            zone=TEXT,
            host=TEXT,
            state=_one_of(Condition.values),
            why=TEXT,
            since=_or_null(MOMENT),
            seen_at=_or_null(MOMENT),
        )
    ),
    connections=_list(_object(name=TEXT, state=_one_of(Condition.values), why=TEXT, retry_at=_or_null(MOMENT))),
)
_SECRET = {
    **_object(id=TEXT),
    "properties": {"id": TEXT, "secret": TEXT, "signing_secret": TEXT},
}
_RECORD = _object(name=TEXT, type=TEXT, value=TEXT)
_SIGNING_KEY = _object(
    id=ID,
    algorithm=_one_of(SigningAlgorithm.values),
    selector=TEXT,
    state=_one_of(KeyState.values),
    record=_RECORD,
    created_at=MOMENT,
    published_at=_or_null(MOMENT),
    activated_at=_or_null(MOMENT),
    retired_at=_or_null(MOMENT),
)
_FINDING = _object(
    subject=TEXT,
    name=TEXT,
    found=TEXTS,
    verdict=_one_of(Verdict),
    sentence=TEXT,
    publish={"anyOf": [_RECORD, {"type": "null"}]},
)
_TURN = _object(
    number=NUMBER,
    created_at=MOMENT,
    answered_at=_or_null(MOMENT),
    attempts=NUMBER,
    duration=_or_null(SECONDS),
    status=_or_null(NUMBER),
    problem=TEXT,
    event={**ANY_OBJECT, "description": "What the application was told."},
    answer={**_or_null(ANY_OBJECT), "description": "The actions and variables it answered."},
    results={"type": "array", "items": {}, "description": "What became of each action, in order."},
)
_SESSION = _object(
    id=ID,
    application=TEXT,
    type=_one_of(Session.Type.values),
    state=_one_of(Session.State.values),
    parent=TEXT,
    parameters=ANY_OBJECT,
    variables=ANY_OBJECT,
    started_at=MOMENT,
    ended_at=_or_null(MOMENT),
    turns=_list(ref("Turn")),
)
_EMAIL_STATUS = _object(
    message_id=ID, message=ref("Message"), recipients=_list(ref("Recipient")), sessions=_list(ref("Session"))
)
_PROBLEM = {
    "description": "RFC 9457",
    **_object(
        type={"type": "string", "format": "uri"},
        title=TEXT,
        status=NUMBER,
        detail=TEXT,
        code=_one_of(TABLE),
        field={**_or_null(TEXT), "description": "The parameter it is about."},
        retryable={**FLAG, "description": "May the same request succeed later?"},
    ),
}
_PROBLEM["properties"] |= {
    "incident": {**ID, "description": "With `internal`: the id under which the log tells what happened."},
    "retry_after": {**NUMBER, "description": "Seconds, as in Retry-After."},
}
_PROBLEM_KIND = _object(code=_one_of(TABLE), status=NUMBER, title=TEXT, retryable=FLAG, when=TEXT)
