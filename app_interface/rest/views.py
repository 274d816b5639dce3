"""The REST door: one small view for each address, which hands the request to its operation."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from app_interface import operations
from app_interface.operations import shapes
from app_interface.problems import TABLE, invalid, not_found
from app_interface.rest import described
from app_interface.rest.door import DoorView, WritesJSON, body_of, caller_of, query_of
from app_interface.rest.parsing import RawMailParser, RawOctetsParser


class Emails(DoorView):
    """`/api/v1/emails`"""

    @described.search
    def get(self, request: Request) -> Response:
        return Response(operations.search(caller_of(request), query_of(request)))

    @described.send_email
    def post(self, request: Request) -> Response:
        answer = operations.send_email(caller_of(request), _with_key(request))
        return Response(answer, 202, headers={"Location": f"{request.path}/{answer['message_id']}"})


class Batch(DoorView):
    """`/api/v1/emails/batch`"""

    @described.send_batch
    def post(self, request: Request) -> Response:
        return Response(operations.send_batch(caller_of(request), _with_key(request)))


class Email(DoorView):
    """`/api/v1/emails/{id}`"""

    @described.email_status
    def get(self, request: Request, message_id: str) -> Response:
        return Response(operations.email_status(caller_of(request), message_id))


class Cancel(DoorView):
    """`/api/v1/emails/{id}/cancel`"""

    @described.cancel_email
    def post(self, request: Request, message_id: str) -> Response:
        return Response(operations.cancel_email(caller_of(request), message_id))


class Launches(DoorView):
    """`/api/v1/launches`"""

    @described.launch_email
    def post(self, request: Request) -> Response:
        return Response(operations.launch_email(caller_of(request), _with_key(request)), 201)


class Receipts(DoorView):
    """`/api/v1/receipts`"""

    @described.receipts
    def get(self, request: Request) -> Response:
        return Response(operations.receipts(caller_of(request), query_of(request)))


class Receipt(DoorView):
    """`/api/v1/receipts/{id}`"""

    @described.receipt
    def get(self, request: Request, receipt_id: str) -> Response:
        return Response(operations.receipt(caller_of(request), receipt_id))


class ReceiptRaw(DoorView):
    """`/api/v1/receipts/{id}/raw`"""

    @described.receipt_raw
    def get(self, request: Request, receipt_id: str) -> HttpResponse:
        raw = operations.receipt_raw(caller_of(request), receipt_id)
        name = {"Content-Disposition": f'attachment; filename="{receipt_id}.eml"'}
        return HttpResponse(raw, "message/rfc822", headers=name)


class Traffic(DoorView):
    """`/api/v1/traffic`"""

    @described.traffic
    def get(self, request: Request) -> Response:
        return Response(operations.traffic(caller_of(request), query_of(request)))


class Events(DoorView):
    """`/api/v1/events`"""

    @described.events
    def get(self, request: Request) -> Response:
        return Response(operations.events(caller_of(request), query_of(request)))


class Notifications(DoorView):
    """`/api/v1/notifications`"""

    @described.notifications
    def get(self, request: Request) -> Response:
        return Response(operations.notifications(caller_of(request), query_of(request)))


class Replay(DoorView):
    """`/api/v1/notifications/replay`"""

    @described.replay_many
    def post(self, request: Request) -> Response:
        return Response(operations.replay_many(caller_of(request), body_of(request)))


class ReplayOne(DoorView):
    """`/api/v1/notifications/{id}/replay`"""

    @described.replay_one
    def post(self, request: Request, notification_id: str) -> Response:
        return Response(operations.replay_one(caller_of(request), notification_id))


class Suppressions(DoorView):
    """`/api/v1/suppressions`"""

    @described.suppressions
    def get(self, request: Request) -> Response:
        return Response(operations.suppressions(caller_of(request), query_of(request)))

    @described.suppress
    def post(self, request: Request) -> Response:
        return Response(operations.suppress(caller_of(request), body_of(request)), 201)


class Suppression(DoorView):
    """`/api/v1/suppressions/{id}`"""

    @described.lift
    def delete(self, request: Request, suppression_id: str) -> Response:
        operations.lift(caller_of(request), suppression_id)
        return Response(status=204)


class Inbound(DoorView):
    """`/api/v1/inbound`"""

    parser_classes = (RawMailParser, RawOctetsParser)

    @described.take_in_mail
    def post(self, request: Request) -> Response:
        # Without a body nothing is parsed, and there is an empty form.
        raw = request.data if isinstance(request.data, bytes) else b""
        return Response(operations.take_in_mail(caller_of(request), raw, query_of(request)), 202)


class Status(DoorView):
    """`/api/v1/status`"""

    @described.status_ex
    def get(self, request: Request) -> Response:
        return Response(operations.status_ex(caller_of(request)))


class ProblemKind(DoorView):
    """`/api/v1/problems/{code}`: what the `type` of a problem leads to."""

    authentication_classes = ()
    permission_classes = ()

    @described.problem_kind
    def get(self, request: Request, code: str) -> Response:
        kind = TABLE.get(code)
        if kind is None:
            raise not_found("kind of problem")
        return Response(shapes.problem_kind(kind))


class Schema(SpectacularJSONAPIView):
    """`/api/v1/schema`: OpenAPI 3.1."""

    authentication_classes = ()
    content_negotiation_class = WritesJSON


class Docs(SpectacularSwaggerSplitView):
    """`/api/docs`: Swagger UI from this very server, its script apart from its page for the sake of the CSP."""

    authentication_classes = ()
    content_negotiation_class = WritesJSON
    url_name = "schema"


def _with_key(request: Request) -> dict[str, Any]:
    """The parameters; the header Idempotency-Key is one of them."""
    parameters = dict(body_of(request))
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return parameters
    if parameters.get("idempotencyKey", key) != key:
        raise invalid("The header Idempotency-Key and the parameter differ.", "idempotencyKey")
    return {**parameters, "idempotencyKey": key}
