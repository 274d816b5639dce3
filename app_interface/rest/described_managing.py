"""The OpenAPI description of management: the same few operations on every kind of configured rows."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from app_interface.configuration import CREDENTIALS, Kind, example_of
from app_interface.rest import examples
from app_interface.rest.describing import ALWAYS, WITH_BODY, asked, errors, example, path_id
from app_interface.rest.schemas import ref

_PATH = [OpenApiParameter("key", {"type": "string"}, OpenApiParameter.PATH, required=True)]
View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Says of a view's method what it does."""

    def __call__(self, method: View) -> View: ...


def managed(kind: Kind) -> dict[str, Decorator]:
    """How the operations on one kind of configured rows are described."""
    one, changed, what = ref(kind.component), ref(f"{kind.component}Fields"), kind.one
    id, new, change = examples.MANAGED[kind.name]
    row, again = example_of(kind, id, new), (*WITH_BODY, "not_found")

    def described(name: str, summary: str, **more: Any) -> Decorator:
        return cast(Decorator, extend_schema(operation_id=name, tags=["management"], summary=summary, **more))

    return {
        "list": described(
            f"list{kind.components}",
            f"All {kind.name}",
            responses={
                200: OpenApiResponse(ref(kind.components), description="All of them."),
                **errors(ALWAYS),
            },
            examples=[example("all", {kind.name: [row]}, 200)],
        ),
        "create": described(
            f"create{kind.component}",
            f"Make a new {what}",
            description="Its secret, where it has one, is in this answer and in no other.",
            request={"application/json": ref(f"New{kind.component}")},
            responses={201: OpenApiResponse(one, description="The new row."), **errors(WITH_BODY)},
            examples=[asked("new", new), example("made", row, 201)],
        ),
        "get": described(
            f"get{kind.component}",
            f"One {what}",
            parameters=_PATH,
            responses={200: OpenApiResponse(one, description="The row."), **errors((*ALWAYS, "not_found"))},
            examples=[example("one", row, 200)],
        ),
        "change": described(
            f"change{kind.component}",
            f"Change a {what}",
            description="What is not given stays as it is.",
            parameters=_PATH,
            request={"application/json": changed},
            responses={200: OpenApiResponse(one, description="The row."), **errors(again)},
            examples=[asked("change", change), example("changed", {**row, **change}, 200)],
        ),
        "remove": described(
            f"delete{kind.component}",
            f"Delete a {what} that was never used",
            parameters=_PATH,
            responses={
                204: OpenApiResponse(description="It is gone."),
                **errors((*ALWAYS, "invalid_request", "not_found")),
            },
        ),
        "renew": described(
            f"renewSecretOf{kind.component}",
            f"A new secret for a {what}",
            description="Shown this once. Of a credential the old one may be taken for a while yet; any other stops at once.",
            parameters=_PATH,
            request={"application/json": ref("Renewal")} if kind is CREDENTIALS else None,
            responses={
                200: OpenApiResponse(ref("Secret"), description="The new secret."),
                **errors(again),
            },
            examples=[
                *([asked("with an overlap", examples.RENEWAL)] if kind is CREDENTIALS else []),
                example("renewed", {"id": id, **examples.SECRET.get(kind.name, {})}, 200),
            ],
        ),
        "end": described(
            f"endOldSecretOf{kind.component}",
            "Take the old secret no more",
            description="Only the newest is taken from now on.",
            parameters=_PATH,
            responses={204: OpenApiResponse(description="It has stopped."), **errors((*ALWAYS, "not_found"))},
        ),
    }


_KEY_ID = [*_PATH, path_id("key")]
_ONE_KEY = OpenApiResponse(ref("SigningKey"), description="The key and the record that publishes it.")
make_key = extend_schema(
    operation_id="makeSigningKey",
    tags=["management"],
    summary="Make a signing key for a sender domain",
    description="Publish its record, let `check` find it, then `switch` to it.",
    parameters=_PATH,
    request={"application/json": ref("NewSigningKey")},
    responses={201: _ONE_KEY, **errors((*WITH_BODY, "not_found"))},
    examples=[asked("RSA", {"algorithm": "rsa-sha256"}), example("made", examples.SIGNING_KEY, 201)],
)
take_step = extend_schema(
    operation_id="takeStepOfSigningKey",
    tags=["management"],
    summary="Look for a signing key in the DNS, switch to it, or retire it",
    description="What may be done depends on its state. The key that signed until a `switch` retires.",
    parameters=_KEY_ID,
    request={"application/json": ref("SigningKeyStep")},
    responses={200: _ONE_KEY, **errors((*WITH_BODY, "not_found"))},
    examples=[
        asked("switch", {"step": "switch"}),
        example("active", {**examples.SIGNING_KEY, "state": "active", "activated_at": "2030-02-01T08:00:00Z"}, 200),
    ],
)
delete_key = extend_schema(
    operation_id="deleteSigningKey",
    tags=["management"],
    summary="Delete a signing key that does not sign",
    parameters=_KEY_ID,
    responses={204: OpenApiResponse(description="It is gone."), **errors((*ALWAYS, "invalid_request", "not_found"))},
)
domain_health = extend_schema(
    operation_id="getDomainHealth",
    tags=["management"],
    summary="Is mail from a sender domain believed?",
    description="What the DNS says now about SPF, DKIM, DMARC, the return path and the sending addresses, and what to publish.",
    parameters=_PATH,
    responses={200: OpenApiResponse(ref("DomainHealth"), description="Now."), **errors((*ALWAYS, "not_found"))},
    examples=[example("one record is missing", examples.DOMAIN_HEALTH, 200)],
)
