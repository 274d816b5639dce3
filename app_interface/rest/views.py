"""The REST door: one small view for each address, which hands the request to its operation."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from app_interface import operations
from app_interface.operations import shapes
from app_interface.problems import TABLE, invalid, not_found
from app_interface.rest import described
from app_interface.rest.answering import answered
from app_interface.rest.door import DoorView, body_of, nothing, query_of, raw_body_of


class Emails(DoorView):
    """`/api/v1/emails`"""

    @described.search
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.search(self.caller, query_of(request)))

    @described.send_email
    def post(self, request: HttpRequest) -> HttpResponse:
        answer = operations.send_email(self.caller, _with_key(request))
        return answered(answer, 202, Location=f"{request.path}/{answer['message_id']}")


class Batch(DoorView):
    """`/api/v1/emails/batch`"""

    @described.send_batch
    def post(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.send_batch(self.caller, _with_key(request)))


class Email(DoorView):
    """`/api/v1/emails/{id}`"""

    @described.email_status
    def get(self, request: HttpRequest, message_id: str) -> HttpResponse:
        return answered(operations.email_status(self.caller, message_id))


class Cancel(DoorView):
    """`/api/v1/emails/{id}/cancel`"""

    @described.cancel_email
    def post(self, request: HttpRequest, message_id: str) -> HttpResponse:
        return answered(operations.cancel_email(self.caller, message_id))


class Launches(DoorView):
    """`/api/v1/launches`"""

    @described.launch_email
    def post(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.launch_email(self.caller, _with_key(request)), 201)


class Receipts(DoorView):
    """`/api/v1/receipts`"""

    @described.receipts
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.receipts(self.caller, query_of(request)))


class Receipt(DoorView):
    """`/api/v1/receipts/{id}`"""

    @described.receipt
    def get(self, request: HttpRequest, receipt_id: str) -> HttpResponse:
        return answered(operations.receipt(self.caller, receipt_id))


class ReceiptRaw(DoorView):
    """`/api/v1/receipts/{id}/raw`"""

    @described.receipt_raw
    def get(self, request: HttpRequest, receipt_id: str) -> HttpResponse:
        raw = operations.receipt_raw(self.caller, receipt_id)
        name = {"Content-Disposition": f'attachment; filename="{receipt_id}.eml"'}
        return HttpResponse(raw, "message/rfc822", headers=name)


class Traffic(DoorView):
    """`/api/v1/traffic`"""

    @described.traffic
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.traffic(self.caller, query_of(request)))


class Events(DoorView):
    """`/api/v1/events`"""

    @described.events
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.events(self.caller, query_of(request)))


class Notifications(DoorView):
    """`/api/v1/notifications`"""

    @described.notifications
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.notifications(self.caller, query_of(request)))


class Replay(DoorView):
    """`/api/v1/notifications/replay`"""

    @described.replay_many
    def post(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.replay_many(self.caller, body_of(request)))


class ReplayOne(DoorView):
    """`/api/v1/notifications/{id}/replay`"""

    @described.replay_one
    def post(self, request: HttpRequest, notification_id: str) -> HttpResponse:
        return answered(operations.replay_one(self.caller, notification_id))


class Suppressions(DoorView):
    """`/api/v1/suppressions`"""

    @described.suppressions
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.suppressions(self.caller, query_of(request)))

    @described.suppress
    def post(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.suppress(self.caller, body_of(request)), 201)


class Suppression(DoorView):
    """`/api/v1/suppressions/{id}`"""

    @described.lift
    def delete(self, request: HttpRequest, suppression_id: str) -> HttpResponse:
        operations.lift(self.caller, suppression_id)
        return nothing()


class Inbound(DoorView):
    """`/api/v1/inbound`"""

    @described.take_in_mail
    def post(self, request: HttpRequest) -> HttpResponse:
        raw = raw_body_of(request, "message/rfc822", "application/octet-stream")
        return answered(operations.take_in_mail(self.caller, raw, query_of(request)), 202)


class Status(DoorView):
    """`/api/v1/status`"""

    @described.status_ex
    def get(self, request: HttpRequest) -> HttpResponse:
        return answered(operations.status_ex(self.caller))


class ProblemKind(DoorView):
    """`/api/v1/problems/{code}`: what the `type` of a problem leads to."""

    authentication_classes = ()
    permission_classes = ()

    @described.problem_kind
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        kind = TABLE.get(code)
        if kind is None:
            raise not_found("kind of problem")
        return answered(shapes.problem_kind(kind))


class WritesFirst(DefaultContentNegotiation):
    """Answers are what the view writes, whatever Accept says (RFC 9110 12.5.1 allows it)."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type or ""


class Schema(SpectacularJSONAPIView):
    """`/api/v1/schema`: OpenAPI 3.1."""

    authentication_classes = ()
    content_negotiation_class = WritesFirst


class Docs(SpectacularSwaggerSplitView):
    """`/api/docs`: Swagger UI from this very server, its script apart from its page for the sake of the CSP."""

    authentication_classes = ()
    content_negotiation_class = WritesFirst
    url_name = "schema"


def _with_key(request: HttpRequest) -> dict[str, Any]:
    """The parameters; the header Idempotency-Key is one of them."""
    parameters = dict(body_of(request))
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return parameters
    if parameters.get("idempotencyKey", key) != key:
        raise invalid("The header Idempotency-Key and the parameter differ.", "idempotencyKey")
    return {**parameters, "idempotencyKey": key}
