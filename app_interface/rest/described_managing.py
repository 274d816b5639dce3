"""The OpenAPI description of management: the same few operations on every kind of configured rows."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from app_interface.configuration import CREDENTIALS, Kind, example_of
from app_interface.rest import examples
from app_interface.rest.components import ref
from app_interface.rest.describing import ALWAYS, WITH_BODY, asked, errors, example

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Says of a view's method what it does."""

    def __call__(self, method: View) -> View: ...


def managed(kind: Kind) -> dict[str, Decorator]:
    """How the operations on one kind of configured rows are described."""
    path = [OpenApiParameter("key", {"type": "string"}, OpenApiParameter.PATH, required=True)]
    one, changed, what = ref(kind.component), ref(f"{kind.component}Fields"), kind.one
    id, new, change = examples.MANAGED[kind.name]
    row, again = example_of(kind, id, new), (*WITH_BODY, "not_found")

    def described(name: str, summary: str, **more: Any) -> Decorator:
        return cast(Decorator, extend_schema(operation_id=name, tags=["management"], summary=summary, **more))

    return {
        "list": described(
            f"list{kind.component}s",
            f"All {kind.name}",
            responses={
                200: OpenApiResponse(ref(f"{kind.component}s"), description="All of them."),
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
            parameters=path,
            responses={200: OpenApiResponse(one, description="The row."), **errors((*ALWAYS, "not_found"))},
            examples=[example("one", row, 200)],
        ),
        "change": described(
            f"change{kind.component}",
            f"Change a {what}",
            description="What is not given stays as it is.",
            parameters=path,
            request={"application/json": changed},
            responses={200: OpenApiResponse(one, description="The row."), **errors(again)},
            examples=[asked("change", change), example("changed", {**row, **change}, 200)],
        ),
        "remove": described(
            f"delete{kind.component}",
            f"Delete a {what} that was never used",
            parameters=path,
            responses={
                204: OpenApiResponse(description="It is gone."),
                **errors((*ALWAYS, "invalid_request", "not_found")),
            },
        ),
        "renew": described(
            f"renewSecretOf{kind.component}",
            f"A new secret for a {what}",
            description="Shown this once. Of a credential the old one may be taken for a while yet; any other stops at once.",
            parameters=path,
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
            parameters=path,
            responses={204: OpenApiResponse(description="It has stopped."), **errors((*ALWAYS, "not_found"))},
        ),
    }
