"""The OpenAPI description of each operation: one decorator a view method wears. Every answer has an example, every error too."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from app_interface.operations import shapes
from app_interface.problems import TABLE
from app_interface.queries import EMAILS, ENVELOPE, EVENTS, NOTIFICATIONS, RECEIPTS, SUPPRESSIONS, TRAFFIC
from app_interface.rest import examples
from app_interface.rest.describing import (
    ALWAYS,
    KEY,
    SUBMITTED,
    WITH_BODY,
    asked,
    errors,
    example,
    page,
    path_id,
    query,
)
from app_interface.rest.schemas import ref

send_email = extend_schema(
    operation_id="sendEmail",
    tags=["emails"],
    summary="Send an email",
    description="Answers as soon as the Email Processor has accepted the mail, which is then committed and will be sent.",
    parameters=[KEY],
    request={"application/json": ref("SendEmail")},
    responses={
        202: OpenApiResponse(ref("Accepted"), description="Accepted."),
        **errors((*SUBMITTED, "sender_not_allowed", "all_suppressed")),
    },
    examples=[
        asked("plain", examples.SEND),
        asked("full", examples.SEND_MORE),
        example("accepted", examples.ACCEPTED, 202),
    ],
)
send_batch = extend_schema(
    operation_id="sendBatch",
    tags=["emails"],
    summary="Send up to 1,000 emails",
    description="Parameters beside `messages` hold for all of them. Each has its own result; one bad message spoils no other. "
    "A recipient may bring `substitutions`: then each recipient of that message gets a mail of its own, with `{{name}}` in "
    "subject, body, html, headers and unsubscribe replaced. Without `messages` the batch itself is that message.",
    parameters=[KEY],
    request={"application/json": ref("Batch")},
    responses={
        200: OpenApiResponse(ref("BatchAnswer"), description="One result for each mail, in order."),
        **errors(
            (
                *(*WITH_BODY, "unknown_application", "no_recipients", "too_many_recipients", "message_too_large"),
                *("idempotency_conflict", "in_progress"),
            )
        ),
    },
    examples=[
        asked("messages", examples.BATCH),
        asked("mail merge", examples.MERGE),
        example("results", examples.BATCH_ANSWER, 200),
    ],
)
launch_email = extend_schema(
    operation_id="launchEmail",
    tags=["launches"],
    summary="Launch an email application",
    description="As if the described mail had arrived for the application. Answers when its URL has answered 2xx.",
    parameters=[KEY],
    request={"application/json": ref("LaunchEmail")},
    responses={
        201: OpenApiResponse(ref("Launched"), description="The application runs."),
        **errors((*SUBMITTED, "launch_failed", "launch_timeout")),
    },
    examples=[asked("launch", examples.LAUNCH), example("launched", examples.LAUNCHED, 201)],
)
email_status = extend_schema(
    operation_id="getEmailStatus",
    tags=["emails"],
    summary="What became of an email",
    description="The message, its recipients with their states, events, receipts and notifications, and its sessions.",
    parameters=[path_id("message")],
    responses={
        200: OpenApiResponse(ref("EmailStatus"), description="The whole story."),
        **errors((*ALWAYS, "not_found")),
    },
    examples=[example("bounced", examples.EMAIL_STATUS, 200)],
)
receipt = extend_schema(
    operation_id="getReceipt",
    tags=["receipts"],
    summary="A delivery receipt",
    description="What one block of a delivery report (RFC 3464) says of one recipient.",
    parameters=[path_id("receipt")],
    responses={
        200: OpenApiResponse(ref("ReceiptOfMessage"), description="The receipt."),
        **errors((*ALWAYS, "not_found")),
    },
    examples=[example("bounced", examples.RECEIPT, 200)],
)
receipt_raw = extend_schema(
    operation_id="getReceiptRaw",
    tags=["receipts"],
    summary="A delivery report as it arrived",
    description="The mail from which the receipt was read.",
    parameters=[path_id("receipt")],
    responses={
        (200, "message/rfc822"): OpenApiResponse({"type": "string"}, description="The raw mail."),
        **errors((*ALWAYS, "not_found")),
    },
)
search = extend_schema(
    operation_id="search",
    tags=["emails"],
    summary="Which emails went to whom",
    description="Recipient by recipient, newest first, in pages.",
    parameters=query(EMAILS),
    responses=page("Found", examples.FOUND),
)
cancel_email = extend_schema(
    operation_id="cancelEmail",
    tags=["emails"],
    summary="Cancel what is still unsent of an email",
    description="Recipients that are queued, deferred or held are cancelled; the answer says for which it was too late. One that "
    "is just being sent is taken back unless its content has begun to leave; `email.cancelled` tells that it was in time.",
    parameters=[path_id("message")],
    request=None,
    responses={
        200: OpenApiResponse(ref("Cancelled"), description="Where each recipient stands now."),
        **errors((*ALWAYS, "not_found")),
    },
    examples=[example("one was too late", examples.CANCELLED, 200)],
)
receipts = extend_schema(
    operation_id="getReceipts",
    tags=["receipts"],
    summary="Delivery receipts",
    description="Newest first, in pages.",
    parameters=query(RECEIPTS),
    responses=page("Receipts", {"receipts": [examples.RECEIPT], "next": None}),
)
traffic = extend_schema(
    operation_id="getTraffic",
    tags=["receipts"],
    summary="Receipts expected and received",
    description="For each application and each domain it wrote to, most mail first: how many recipients a server took, how "
    "many of these it was asked to report on, what came, and how long that took. Without `since`, of the last 7 days.",
    parameters=query(TRAFFIC),
    responses=page("Traffic", examples.TRAFFIC),
)
events = extend_schema(
    operation_id="getEvents",
    tags=["events"],
    summary="What applications are told, by cursor",
    description="The same events that are pushed, in the order in which they were committed; none is ever skipped. "
    "Give `next` as `after` to go on.",
    parameters=query(EVENTS),
    responses=page("Events", examples.EVENTS),
)
notifications = extend_schema(
    operation_id="getNotifications",
    tags=["notifications"],
    summary="Notifications with their tries",
    description="Newest first, in pages.",
    parameters=query(NOTIFICATIONS),
    responses=page("Notifications", examples.NOTIFICATIONS),
)
_REPLAYED = {200: OpenApiResponse(ref("Replayed"), description="How many are told again.")}
replay_one = extend_schema(
    operation_id="replayNotification",
    tags=["notifications"],
    summary="Tell a notification again",
    description="Whatever became of it before. It keeps its id.",
    parameters=[path_id("notification")],
    request=None,
    responses={**_REPLAYED, **errors((*ALWAYS, "not_found"))},
    examples=[example("replayed", {"replayed": 1, "more": False}, 200)],
)
replay_many = extend_schema(
    operation_id="replayNotifications",
    tags=["notifications"],
    summary="Tell again what was told in a while",
    description="The oldest first; with `more` in the answer not all could be taken at once.",
    request={"application/json": ref("Replay")},
    responses={**_REPLAYED, **errors((*WITH_BODY, "unknown_application"))},
    examples=[
        asked("since", {"since": "2030-01-31T08:00:00Z", "type": "email.sent"}),
        example("replayed", {"replayed": 17, "more": False}, 200),
    ],
)
suppressions = extend_schema(
    operation_id="getSuppressions",
    tags=["suppressions"],
    summary="Who gets no mail",
    description="Of the caller's applications, and of the whole zone; newest first, in pages.",
    parameters=query(SUPPRESSIONS),
    responses=page("Suppressions", {"suppressions": [examples.SUPPRESSION], "next": None}),
)
suppress = extend_schema(
    operation_id="suppress",
    tags=["suppressions"],
    summary="Let an address get no mail",
    description="From an application; or, by a credential of all applications, from the whole zone.",
    request={"application/json": ref("Suppress")},
    responses={
        201: OpenApiResponse(ref("Suppression"), description="The entry."),
        **errors((*WITH_BODY, "unknown_application")),
    },
    examples=[
        asked("unsubscribed", {"address": "jo@example.net", "application": "orders", "reason": "She asked for it."}),
        example("suppressed", examples.SUPPRESSION, 201),
    ],
)
lift = extend_schema(
    operation_id="liftSuppression",
    tags=["suppressions"],
    summary="Let an address get mail again",
    parameters=[path_id("suppression")],
    responses={204: OpenApiResponse(description="It is off the list."), **errors((*ALWAYS, "not_found"))},
)
take_in_mail = extend_schema(
    operation_id="takeInMail",
    tags=["inbound"],
    summary="Hand in a mail that has arrived elsewhere",
    description="As if it had come by SMTP: a report, an answer, any mail. It is committed before the answer.",
    parameters=query(ENVELOPE),
    request={"message/rfc822": {"type": "string"}, "application/octet-stream": {"type": "string", "format": "binary"}},
    responses={
        202: OpenApiResponse(ref("TakenIn"), description="It is stored."),
        **errors(WITH_BODY),
    },
    examples=[example("stored", {"id": examples.MESSAGE_ID}, 202)],
)
status_ex = extend_schema(
    operation_id="getStatusEx",
    tags=["status"],
    summary="How the platform is doing",
    description="Counters since the start, queues, processors and connections, as far as the caller may see them.",
    responses={200: OpenApiResponse(ref("StatusEx"), description="Now."), **errors(ALWAYS)},
    examples=[example("running", examples.STATUS_EX, 200)],
)
problem_kind = extend_schema(
    operation_id="getProblemKind",
    tags=["problems"],
    summary="What a problem means",
    description="Where the `type` of a problem leads to. Needs no credential.",
    parameters=[
        OpenApiParameter("code", {"type": "string", "enum": list(TABLE)}, OpenApiParameter.PATH, required=True)
    ],
    responses={
        200: OpenApiResponse(ref("ProblemKind"), description="One row of the table."),
        **errors(("not_found", "internal")),
    },
    examples=[example("not_found", shapes.problem_kind(TABLE["not_found"]), 200)],
)
