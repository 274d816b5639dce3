"""The views of management: the same few for every kind of configured rows."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from app_interface import operations
from app_interface.configuration import APPLICATIONS, CREDENTIALS, KINDS, Kind
from app_interface.rest import described_managing
from app_interface.rest.answering import answered
from app_interface.rest.door import DoorView, body_of, has_body, nothing


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
    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        return answered(operations.make_key(self.caller, key, body_of(request)), 201)


class SigningKey(DoorView):
    """`/api/v1/domains/{id}/keys/{id}`"""

    @described_managing.take_step
    def post(self, request: HttpRequest, key: str, key_id: str) -> HttpResponse:
        return answered(operations.take_step(self.caller, key, key_id, body_of(request)))

    @described_managing.delete_key
    def delete(self, request: HttpRequest, key: str, key_id: str) -> HttpResponse:
        operations.delete_key(self.caller, key, key_id)
        return nothing()


class DomainHealth(DoorView):
    """`/api/v1/domains/{id}/health`"""

    @described_managing.domain_health
    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        return answered(operations.domain_health(self.caller, key))


def _urls(kind: Kind) -> list[URLPattern]:
    told = described_managing.managed(kind)

    class Rows(DoorView):
        @told["list"]
        def get(self, request: HttpRequest) -> HttpResponse:
            return answered(operations.rows_of(self.caller, kind))

        @told["create"]
        def post(self, request: HttpRequest) -> HttpResponse:
            return answered(operations.create(self.caller, kind, body_of(request)), 201)

    class Row(DoorView):
        @told["get"]
        def get(self, request: HttpRequest, key: str) -> HttpResponse:
            return answered(operations.row_of(self.caller, kind, key))

        @told["change"]
        def patch(self, request: HttpRequest, key: str) -> HttpResponse:
            return answered(operations.change(self.caller, kind, key, body_of(request)))

        @told["remove"]
        def delete(self, request: HttpRequest, key: str) -> HttpResponse:
            operations.remove(self.caller, kind, key)
            return nothing()

    class Secret(DoorView):
        @told["renew"]
        def post(self, request: HttpRequest, key: str) -> HttpResponse:
            # The body may be left out altogether: what it says is all optional.
            asked = body_of(request) if has_body(request) else {}
            return answered(operations.renew_secret(self.caller, kind, key, asked))

    class OldSecret(DoorView):
        @told["end"]
        def delete(self, request: HttpRequest, key: str) -> HttpResponse:
            operations.end_old_secret(self.caller, key)
            return nothing()

    found = [
        path(kind.name, Rows.as_view(), name=kind.name),
        path(f"{kind.name}/<str:key>", Row.as_view(), name=kind.one),
    ]
    if kind in (APPLICATIONS, CREDENTIALS):
        found.append(path(f"{kind.name}/<str:key>/secret", Secret.as_view(), name=f"{kind.one}_secret"))
    if kind is CREDENTIALS:
        found.append(path(f"{kind.name}/<str:key>/secret/old", OldSecret.as_view(), name="old_secret"))
    return found
