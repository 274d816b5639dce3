"""What every view of the REST door has in common: who calls, what is read, what is written."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from app_interface.authentication import Caller, authenticate, from_authorization
from app_interface.problems import Problem, from_exception, invalid, require_plain
from app_interface.rest.answering import refusal
from app_interface.rest.parsing import UNSTORABLE, read_object, require_utf8


class CredentialAuthentication(BaseAuthentication):
    """HTTP Basic or Bearer; there are no anonymous callers. A name for the description: `DoorView` authenticates."""


class DoorView(APIView):
    """A view whose caller has been authenticated; it reads and writes JSON.

    Of REST framework it has what drf-spectacular describes it by. Requests and answers are Django's (decision 0073).
    """

    authentication_classes: Sequence[type[BaseAuthentication]] = (CredentialAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    renderer_classes = (JSONRenderer,)

    caller: Caller
    """Who calls, once that is proven."""
    allow = ""
    """The methods, as Allow says them."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        names = [name for name in cls.http_method_names if hasattr(cls, "get" if name == "head" else name)]
        cls.allow = ", ".join(names).upper()

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Less than Django's, which ties view and request into a ring that only the garbage collector undoes, some hundred
        requests later; and a body may have 40 MB.
        """
        self.request = request  # type: ignore[assignment]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The answer, whatever happens. Allow is in all of them, and what is left of the caller's limits, if it has any."""
        try:
            answer = self._answer(request, *args, **kwargs)
        except Exception as error:
            answer = refusal(from_exception(error))
        answer.headers["Allow"] = self.allow
        if hasattr(self, "caller"):
            for name, value in self.caller.limits().items():
                answer.headers[name] = value
        return answer

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.authentication_classes:
            self.caller = _caller(request)
        require_plain(request.META.get("HTTP_CONTENT_ENCODING", ""))
        name = "get" if request.method == "HEAD" else str(request.method).lower()
        method = getattr(self, name, None) if name in self.http_method_names else None
        if method is None:
            raise Problem("method_not_allowed", f"Method {request.method!r} not allowed.")
        answer: HttpResponse = method(request, *args, **kwargs)
        return answer

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Only Allow, which every answer has: the OpenAPI description tells the rest."""
        return nothing()


def _caller(request: HttpRequest) -> Caller:
    credential_id, secret = from_authorization(request.META.get("HTTP_AUTHORIZATION", ""))
    return authenticate(credential_id, secret, request.META.get("REMOTE_ADDR", ""))


def nothing() -> HttpResponse:
    """An answer without a body."""
    answer = HttpResponse(status=204)
    del answer.headers["Content-Type"]
    return answer


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Raises invalid_request, unsupported_media, RequestDataTooBig, UnreadablePostError."""
    if not has_body(request):
        raise invalid("The body is missing.")
    _require_type(request, "application/json")
    require_utf8(request.META.get("CONTENT_TYPE", ""))
    return read_object(request.body)


def raw_body_of(request: HttpRequest, *types: str) -> bytes:
    """The body, of one of these media types; empty where there is none. Raises as `body_of` does."""
    if not has_body(request):
        return b""
    _require_type(request, *types)
    return request.body


def has_body(request: HttpRequest) -> bool:
    """Has one been sent?"""
    return request.META.get("CONTENT_LENGTH") not in (None, "", "0")


def _require_type(request: HttpRequest, *types: str) -> None:
    if request.content_type not in types:
        raise Problem("unsupported_media", f"This operation reads {' or '.join(types)}.")


def query_of(request: HttpRequest) -> dict[str, str]:
    """The query string. Raises invalid_request where a name comes twice, or a value is no text that can be kept."""
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise invalid("This name is given twice.", name[:100])
        if UNSTORABLE.search(f"{name}{values[0]}"):
            raise invalid("The query has a character that is no text.", name[:100])
    return {name: values[0] for name, values in request.GET.lists()}
