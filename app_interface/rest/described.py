"""The OpenAPI description of each operation: one decorator a view method wears. Every answer has an example, every error too."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from app_interface.operations import shapes
from app_interface.problems import TABLE, Kind, Problem
from app_interface.rest import examples
from app_interface.rest.answering import MEDIA_TYPE
from app_interface.rest.components import ref
from app_interface.rest.door import CredentialAuthentication

_ALWAYS = ("not_authenticated", "not_permitted", "processor_unavailable", "internal")
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
