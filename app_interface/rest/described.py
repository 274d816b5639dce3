"""The OpenAPI description of each operation: one decorator a view method wears. Every answer has an example, every error too."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from app_interface.configuration import Kind as ManagedKind
from app_interface.configuration import example_of
from app_interface.operations import shapes
from app_interface.parameters import Parameter
from app_interface.problems import TABLE, Kind, Problem
from app_interface.queries import EMAILS, ENVELOPE, EVENTS, NOTIFICATIONS, RECEIPTS, SUPPRESSIONS
from app_interface.rest import examples
from app_interface.rest.answering import MEDIA_TYPE
from app_interface.rest.components import ref
from app_interface.rest.door import CredentialAuthentication

_ALWAYS = ("not_authenticated", "not_permitted", "rate_limited", "processor_unavailable", "internal")
_WITH_BODY = (*_ALWAYS, "invalid_request", "unsupported_media", "payload_too_large")
_SUBMITTED = (
    *_WITH_BODY,
    "unknown_application",
    "application_disabled",
    "no_recipients",
    "too_many_recipients",
    "attachment_unavailable",
    "message_too_large",
    "idempotency_conflict",
    "in_progress",
)


class CredentialScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How callers authenticate, for the description."""

    target_class = CredentialAuthentication
    name = ["basic", "bearer"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Either of the two."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "basic", "description": "Credential id and secret."},
            {"type": "http", "scheme": "bearer", "description": "`<credential id>.<secret>`"},
        ]


def _path_id(what: str) -> OpenApiParameter:
    name = f"{what}_id"
    schema = {"type": "string", "format": "uuid"}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=f"The id of a {what}.")


_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 200, "pattern": "^[!-~]{1,200}$"},
    OpenApiParameter.HEADER,
    description="A repeat with the same key within 24 hours is answered as the first call was, and does nothing.",
)


def _errors(codes: Sequence[str]) -> dict[Any, OpenApiResponse]:
    kinds: defaultdict[int, list[Kind]] = defaultdict(list)
    for code in codes:
        kinds[TABLE[code].status].append(TABLE[code])
    return {
        (status, MEDIA_TYPE): OpenApiResponse(
            ref("Problem"),
            description="\n\n".join(f"`{kind.code}`: {kind.when}" for kind in same),
            examples=[_example(kind.code, _problem(kind), status, MEDIA_TYPE) for kind in same],
        )
        for status, same in kinds.items()
    }


def _problem(kind: Kind) -> dict[str, Any]:
    return Problem(kind.code, kind.when, **examples.PROBLEM_EXTRAS.get(kind.code, {})).as_json()


def _example(name: str, value: Any, status: int, media_type: str = "application/json") -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)], media_type=media_type)


def _asked(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True, media_type="application/json")


def _query(table: Sequence[Parameter]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(p.name, dict(p.reader.schema), OpenApiParameter.QUERY, required=p.required, description=p.help)
        for p in table
    ]


def _page(name: str, example: Any) -> dict[Any, Any]:
    """The answers of a list."""
    return {
        200: OpenApiResponse(ref(name), description="A page.", examples=[_example("page", example, 200)]),
        **_errors((*_ALWAYS, "invalid_request", "unknown_application")),
    }


send_email = extend_schema(
    operation_id="sendEmail",
    tags=["emails"],
    summary="Send an email",
    description="Answers as soon as the Email Processor has accepted the mail, which is then committed and will be sent.",
    parameters=[_KEY],
    request={"application/json": ref("SendEmail")},
    responses={
        202: OpenApiResponse(ref("Accepted"), description="Accepted."),
        **_errors((*_SUBMITTED, "sender_not_allowed", "all_suppressed")),
    },
    examples=[
        _asked("plain", examples.SEND),
        _asked("full", examples.SEND_MORE),
        _example("accepted", examples.ACCEPTED, 202),
    ],
)
send_batch = extend_schema(
    operation_id="sendBatch",
    tags=["emails"],
    summary="Send up to 1,000 emails",
    description="Parameters beside `messages` hold for all of them. Each has its own result; one bad message spoils no other. "
    "A recipient may bring `substitutions`: then each recipient of that message gets a mail of its own, with `{{name}}` in "
    "subject, body, html, headers and unsubscribe replaced. Without `messages` the batch itself is that message.",
    parameters=[_KEY],
    request={"application/json": ref("Batch")},
    responses={
        200: OpenApiResponse(ref("BatchAnswer"), description="One result for each mail, in order."),
        **_errors((*_WITH_BODY, "too_many_recipients", "message_too_large", "idempotency_conflict", "in_progress")),
    },
    examples=[
        _asked("messages", examples.BATCH),
        _asked("mail merge", examples.MERGE),
        _example("results", examples.BATCH_ANSWER, 200),
    ],
)
launch_email = extend_schema(
    operation_id="launchEmail",
    tags=["launches"],
    summary="Launch an email application",
    description="As if the described mail had arrived for the application. Answers when its URL has answered 2xx.",
    parameters=[_KEY],
    request={"application/json": ref("LaunchEmail")},
    responses={
        201: OpenApiResponse(ref("Launched"), description="The application runs."),
        **_errors((*_SUBMITTED, "launch_failed", "launch_timeout")),
    },
    examples=[_asked("launch", examples.LAUNCH), _example("launched", examples.LAUNCHED, 201)],
)
email_status = extend_schema(
    operation_id="getEmailStatus",
    tags=["emails"],
    summary="What became of an email",
    description="The message, its recipients with their states, events, receipts and notifications, and its sessions.",
    parameters=[_path_id("message")],
    responses={
        200: OpenApiResponse(ref("EmailStatus"), description="The whole story."),
        **_errors((*_ALWAYS, "not_found")),
    },
    examples=[_example("bounced", examples.EMAIL_STATUS, 200)],
)
receipt = extend_schema(
    operation_id="getReceipt",
    tags=["receipts"],
    summary="A delivery receipt",
    description="What one block of a delivery report (RFC 3464) says of one recipient.",
    parameters=[_path_id("receipt")],
    responses={
        200: OpenApiResponse(ref("ReceiptOfMessage"), description="The receipt."),
        **_errors((*_ALWAYS, "not_found")),
    },
    examples=[_example("bounced", examples.RECEIPT, 200)],
)
receipt_raw = extend_schema(
    operation_id="getReceiptRaw",
    tags=["receipts"],
    summary="A delivery report as it arrived",
    description="The mail from which the receipt was read.",
    parameters=[_path_id("receipt")],
    responses={
        (200, "message/rfc822"): OpenApiResponse({"type": "string"}, description="The raw mail."),
        **_errors((*_ALWAYS, "not_found")),
    },
)
search = extend_schema(
    operation_id="search",
    tags=["emails"],
    summary="Which emails went to whom",
    description="Recipient by recipient, newest first, in pages.",
    parameters=_query(EMAILS),
    responses=_page("Found", examples.FOUND),
)
cancel_email = extend_schema(
    operation_id="cancelEmail",
    tags=["emails"],
    summary="Cancel what is still unsent of an email",
    description="Recipients that are queued, deferred or held are cancelled; the answer says for which it was too late.",
    parameters=[_path_id("message")],
    request=None,
    responses={
        200: OpenApiResponse(ref("Cancelled"), description="Where each recipient stands now."),
        **_errors((*_ALWAYS, "not_found")),
    },
    examples=[_example("one was too late", examples.CANCELLED, 200)],
)
receipts = extend_schema(
    operation_id="getReceipts",
    tags=["receipts"],
    summary="Delivery receipts",
    description="Newest first, in pages.",
    parameters=_query(RECEIPTS),
    responses=_page("Receipts", {"receipts": [examples.RECEIPT], "next": None}),
)
events = extend_schema(
    operation_id="getEvents",
    tags=["events"],
    summary="What applications are told, by cursor",
    description="The same events that are pushed, in the order in which they were committed; none is ever skipped. "
    "Give `next` as `after` to go on.",
    parameters=_query(EVENTS),
    responses=_page("Events", examples.EVENTS),
)
notifications = extend_schema(
    operation_id="getNotifications",
    tags=["notifications"],
    summary="Notifications with their tries",
    description="Newest first, in pages.",
    parameters=_query(NOTIFICATIONS),
    responses=_page("Notifications", examples.NOTIFICATIONS),
)
_REPLAYED = {200: OpenApiResponse(ref("Replayed"), description="How many are told again.")}
replay_one = extend_schema(
    operation_id="replayNotification",
    tags=["notifications"],
    summary="Tell a notification again",
    description="Whatever became of it before. It keeps its id.",
    parameters=[_path_id("notification")],
    request=None,
    responses={**_REPLAYED, **_errors((*_ALWAYS, "not_found"))},
    examples=[_example("replayed", {"replayed": 1, "more": False}, 200)],
)
replay_many = extend_schema(
    operation_id="replayNotifications",
    tags=["notifications"],
    summary="Tell again what was told in a while",
    description="The oldest first; with `more` in the answer not all could be taken at once.",
    request={"application/json": ref("Replay")},
    responses={**_REPLAYED, **_errors((*_WITH_BODY, "unknown_application"))},
    examples=[
        _asked("since", {"since": "2030-01-31T08:00:00Z", "type": "email.sent"}),
        _example("replayed", {"replayed": 17, "more": False}, 200),
    ],
)
suppressions = extend_schema(
    operation_id="getSuppressions",
    tags=["suppressions"],
    summary="Who gets no mail",
    description="Of the caller's applications, and of the whole zone; newest first, in pages.",
    parameters=_query(SUPPRESSIONS),
    responses=_page("Suppressions", {"suppressions": [examples.SUPPRESSION], "next": None}),
)
suppress = extend_schema(
    operation_id="suppress",
    tags=["suppressions"],
    summary="Let an address get no mail",
    description="From an application; or, by a credential of all applications, from the whole zone.",
    request={"application/json": ref("Suppress")},
    responses={
        201: OpenApiResponse(ref("Suppression"), description="The entry."),
        **_errors((*_WITH_BODY, "unknown_application")),
    },
    examples=[
        _asked("unsubscribed", {"address": "jo@example.net", "application": "orders", "reason": "She asked for it."}),
        _example("suppressed", examples.SUPPRESSION, 201),
    ],
)
lift = extend_schema(
    operation_id="liftSuppression",
    tags=["suppressions"],
    summary="Let an address get mail again",
    parameters=[_path_id("suppression")],
    responses={204: OpenApiResponse(description="It is off the list."), **_errors((*_ALWAYS, "not_found"))},
)
take_in_mail = extend_schema(
    operation_id="takeInMail",
    tags=["inbound"],
    summary="Hand in a mail that has arrived elsewhere",
    description="As if it had come by SMTP: a report, an answer, any mail. It is committed before the answer.",
    parameters=_query(ENVELOPE),
    request={"message/rfc822": {"type": "string"}, "application/octet-stream": {"type": "string", "format": "binary"}},
    responses={
        202: OpenApiResponse(ref("TakenIn"), description="It is stored."),
        **_errors(_WITH_BODY),
    },
    examples=[_example("stored", {"id": examples.MESSAGE_ID}, 202)],
)
status_ex = extend_schema(
    operation_id="getStatusEx",
    tags=["status"],
    summary="How the platform is doing",
    description="Counters since the start, queues, processors and connections, as far as the caller may see them.",
    responses={200: OpenApiResponse(ref("StatusEx"), description="Now."), **_errors(_ALWAYS)},
    examples=[_example("running", examples.STATUS_EX, 200)],
)


View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Says of a view's method what it does."""

    def __call__(self, method: View) -> View: ...


def managed(kind: ManagedKind) -> dict[str, Decorator]:
    """How the operations on one kind of configured rows are described."""
    path = [OpenApiParameter("key", {"type": "string"}, OpenApiParameter.PATH, required=True)]
    one, changed, what = ref(kind.component), ref(f"{kind.component}Fields"), kind.one
    id, new, change = examples.MANAGED[kind.name]
    row, again = example_of(kind, id, new), (*_WITH_BODY, "not_found")

    def described(name: str, summary: str, **more: Any) -> Decorator:
        return cast(Decorator, extend_schema(operation_id=name, tags=["management"], summary=summary, **more))

    return {
        "list": described(
            f"list{kind.component}s",
            f"All {kind.name}",
            responses={
                200: OpenApiResponse(ref(f"{kind.component}s"), description="All of them."),
                **_errors(_ALWAYS),
            },
            examples=[_example("all", {kind.name: [row]}, 200)],
        ),
        "create": described(
            f"create{kind.component}",
            f"Make a new {what}",
            description="Its secret, where it has one, is in this answer and in no other.",
            request={"application/json": changed},
            responses={201: OpenApiResponse(one, description="The new row."), **_errors(_WITH_BODY)},
            examples=[_asked("new", new), _example("made", row, 201)],
        ),
        "get": described(
            f"get{kind.component}",
            f"One {what}",
            parameters=path,
            responses={200: OpenApiResponse(one, description="The row."), **_errors((*_ALWAYS, "not_found"))},
            examples=[_example("one", row, 200)],
        ),
        "change": described(
            f"change{kind.component}",
            f"Change a {what}",
            description="What is not given stays as it is.",
            parameters=path,
            request={"application/json": changed},
            responses={200: OpenApiResponse(one, description="The row."), **_errors(again)},
            examples=[_asked("change", change), _example("changed", {**row, **change}, 200)],
        ),
        "remove": described(
            f"delete{kind.component}",
            f"Delete a {what} that was never used",
            parameters=path,
            responses={
                204: OpenApiResponse(description="It is gone."),
                **_errors((*_ALWAYS, "invalid_request", "not_found")),
            },
        ),
        "renew": described(
            f"renewSecretOf{kind.component}",
            f"A new secret for a {what}",
            description="Shown this once. The old one is worth nothing from now on.",
            parameters=path,
            request=None,
            responses={
                200: OpenApiResponse(ref("Secret"), description="The new secret."),
                **_errors((*_ALWAYS, "not_found")),
            },
            examples=[_example("renewed", {"id": id, "secret": "shown this once"}, 200)],
        ),
    }


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
        **_errors(("not_found", "internal")),
    },
    examples=[_example("not_found", shapes.problem_kind(TABLE["not_found"]), 200)],
)
