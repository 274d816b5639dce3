"""What descriptions of operations are made of: the errors of the table, examples, parameters, and how callers authenticate."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from app_interface.parameters import Parameter
from app_interface.problems import TABLE, Kind, Problem
from app_interface.rest import examples
from app_interface.rest.answering import MEDIA_TYPE
from app_interface.rest.door import CredentialAuthentication
from app_interface.rest.schemas import ref

ALWAYS = ("not_authenticated", "not_permitted", "rate_limited", "processor_unavailable", "internal")
WITH_BODY = (*ALWAYS, "invalid_request", "unsupported_media", "payload_too_large")
SUBMITTED = (
    *WITH_BODY,
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


def path_id(what: str) -> OpenApiParameter:
    """The id in the address."""
    name = f"{what}_id"
    schema = {"type": "string", "format": "uuid"}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=f"The id of a {what}.")


KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 200, "pattern": "^[!-~]{1,200}$"},
    OpenApiParameter.HEADER,
    description="A repeat with the same key within 24 hours is answered as the first call was, and does nothing.",
)


def errors(codes: Sequence[str]) -> dict[Any, OpenApiResponse]:
    """The answers of those codes, those of one status together."""
    kinds: defaultdict[int, list[Kind]] = defaultdict(list)
    for code in codes:
        kinds[TABLE[code].status].append(TABLE[code])
    return {
        (status, MEDIA_TYPE): OpenApiResponse(
            ref("Problem"),
            description="\n\n".join(f"`{kind.code}`: {kind.when}" for kind in same),
            examples=[example(kind.code, _problem(kind), status, MEDIA_TYPE) for kind in same],
        )
        for status, same in kinds.items()
    }


def _problem(kind: Kind) -> dict[str, Any]:
    return Problem(kind.code, kind.when, **examples.PROBLEM_EXTRAS.get(kind.code, {})).as_json()


def example(name: str, value: Any, status: int, media_type: str = "application/json") -> OpenApiExample:
    """An answer."""
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)], media_type=media_type)


def asked(name: str, value: Any) -> OpenApiExample:
    """A request."""
    return OpenApiExample(name, value=value, request_only=True, media_type="application/json")


def query(table: Sequence[Parameter]) -> list[OpenApiParameter]:
    """What may stand in the query string."""
    return [
        OpenApiParameter(p.name, dict(p.reader.schema), OpenApiParameter.QUERY, required=p.required, description=p.help)
        for p in table
    ]


def page(name: str, shown: Any) -> dict[Any, Any]:
    """The answers of a list."""
    return {
        200: OpenApiResponse(ref(name), description="A page.", examples=[example("page", shown, 200)]),
        **errors((*ALWAYS, "invalid_request", "unknown_application")),
    }
