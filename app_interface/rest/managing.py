"""The views of management: the same few for every kind of configured rows."""

from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response

from app_interface import operations
from app_interface.configuration import APPLICATIONS, CREDENTIALS, KINDS, Kind
from app_interface.rest import described_managing
from app_interface.rest.door import DoorView, body_of, caller_of


def urls() -> list[URLPattern]:
    """`/api/v1/zones`, `/applications` and so on, one row of each, and the signing keys and the health of a domain."""
    return [
        *(url for kind in KINDS.values() for url in _urls(kind)),
        path("domains/<str:key>/keys", SigningKeys.as_view(), name="signing_keys"),
        path("domains/<str:key>/keys/<str:key_id>", SigningKey.as_view(), name="signing_key"),
        path("domains/<str:key>/health", DomainHealth.as_view(), name="domain_health"),
    ]


class SigningKeys(DoorView):
    """`/api/v1/domains/{id}/keys`"""

    @described_managing.make_key
    def post(self, request: Request, key: str) -> Response:
        return Response(operations.make_key(caller_of(request), key, body_of(request)), 201)


class SigningKey(DoorView):
    """`/api/v1/domains/{id}/keys/{id}`"""

    @described_managing.take_step
    def post(self, request: Request, key: str, key_id: str) -> Response:
        return Response(operations.take_step(caller_of(request), key, key_id, body_of(request)))

    @described_managing.delete_key
    def delete(self, request: Request, key: str, key_id: str) -> Response:
        operations.delete_key(caller_of(request), key, key_id)
        return Response(status=204)


class DomainHealth(DoorView):
    """`/api/v1/domains/{id}/health`"""

    @described_managing.domain_health
    def get(self, request: Request, key: str) -> Response:
        return Response(operations.domain_health(caller_of(request), key))


def _urls(kind: Kind) -> list[URLPattern]:
    told = described_managing.managed(kind)

    class Rows(DoorView):
        @told["list"]
        def get(self, request: Request) -> Response:
            return Response(operations.rows_of(caller_of(request), kind))

        @told["create"]
        def post(self, request: Request) -> Response:
            return Response(operations.create(caller_of(request), kind, body_of(request)), 201)

    class Row(DoorView):
        @told["get"]
        def get(self, request: Request, key: str) -> Response:
            return Response(operations.row_of(caller_of(request), kind, key))

        @told["change"]
        def patch(self, request: Request, key: str) -> Response:
            return Response(operations.change(caller_of(request), kind, key, body_of(request)))

        @told["remove"]
        def delete(self, request: Request, key: str) -> Response:
            operations.remove(caller_of(request), kind, key)
            return Response(status=204)

    class Secret(DoorView):
        @told["renew"]
        def post(self, request: Request, key: str) -> Response:
            # The body may be left out altogether: what it says is all optional.
            asked = body_of(request) if request.META.get("CONTENT_LENGTH") not in (None, "", "0") else {}
            return Response(operations.renew_secret(caller_of(request), kind, key, asked))

    class OldSecret(DoorView):
        @told["end"]
        def delete(self, request: Request, key: str) -> Response:
            operations.end_old_secret(caller_of(request), key)
            return Response(status=204)

    found = [
        path(kind.name, Rows.as_view(), name=kind.name),
        path(f"{kind.name}/<str:key>", Row.as_view(), name=kind.one),
    ]
    if kind in (APPLICATIONS, CREDENTIALS):
        found.append(path(f"{kind.name}/<str:key>/secret", Secret.as_view(), name=f"{kind.one}_secret"))
    if kind is CREDENTIALS:
        found.append(path(f"{kind.name}/<str:key>/secret/old", OldSecret.as_view(), name="old_secret"))
    return found
