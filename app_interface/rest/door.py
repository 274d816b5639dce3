"""What every view of the REST door has in common: who calls, what is read, what is written."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app_interface.authentication import Caller, authenticate, from_authorization
from app_interface.problems import invalid, require_plain
from app_interface.rest.parsing import UNSTORABLE, StrictJSONParser


class CredentialAuthentication(BaseAuthentication):
    """HTTP Basic or Bearer; there are no anonymous callers."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """The Caller, as `request.user`. Raises Problem."""
        credential_id, secret = from_authorization(request.headers.get("Authorization", ""))
        return authenticate(credential_id, secret, request.META.get("REMOTE_ADDR", "")), None


class WritesJSON(DefaultContentNegotiation):
    """Answers are JSON whatever Accept says (RFC 9110 12.5.1 allows it): a mail must not be refused after it was accepted."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type or ""


class DoorView(APIView):
    """A view whose caller has been authenticated; it reads and writes JSON."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (CredentialAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    content_negotiation_class = WritesJSON
    parser_classes: Sequence[type[BaseParser]] = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)

    caller: Caller | None = None
    """Who calls, once that is proven."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and let go of the request at once: REST framework ties request, view and answer into rings that only the
        garbage collector undoes, some hundred requests later; and a body may have 40 MB.
        """
        answer = super().dispatch(request, *args, **kwargs)
        self.request.parser_context = {}
        del self.request, self.response
        if isinstance(answer, Response):
            answer.add_post_render_callback(_without_context)
        return answer

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        self.caller = request.user if isinstance(request.user, Caller) else None

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Every answer to a credential with limits says what is left of them."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.caller.limits() if self.caller else {}).items():
            answer[name] = value
        return answer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require_plain(request.headers.get("Content-Encoding", ""))

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Only Allow, which every answer has: the OpenAPI description tells the rest."""
        return Response(status=204)


def _without_context(answer: Response) -> None:
    answer.renderer_context = None  # type: ignore[attr-defined]


def body_of(request: Request) -> dict[str, Any]:
    """The object in the body. Raises as the parser does, and invalid_request where there is no body."""
    body = request.data
    if request.stream is None:
        raise invalid("The body is missing.")
    assert isinstance(body, dict)
    return body


def query_of(request: Request) -> dict[str, str]:
    """The query string. Raises invalid_request where a name comes twice, or a value is no text that can be kept."""
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise invalid("This name is given twice.", name[:100])
        if UNSTORABLE.search(f"{name}{values[0]}"):
            raise invalid("The query has a character that is no text.", name[:100])
    return {name: values[0] for name, values in request.query_params.lists()}


def caller_of(request: Request) -> Caller:
    """Who calls."""
    caller = request.user
    assert isinstance(caller, Caller)
    return caller
