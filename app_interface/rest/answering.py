"""How the REST door answers when an operation is refused: always problem+json (RFC 9457), never HTML.

Here are also the handlers of what no view ever sees; they let each door answer in its own way.
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from app_interface.problems import Problem, from_exception
from app_interface.soap.views import fault_of

MEDIA_TYPE = "application/problem+json"


def problem_answer(error: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework's EXCEPTION_HANDLER: any exception of a view as its answer."""
    problem = problem_of(error)
    return Response(problem.as_json(), problem.kind.status, headers=_headers(problem), content_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """REST framework's own exceptions in the words of the table; everything else as both doors see it."""
    match error:
        case exceptions.UnsupportedMediaType():
            return Problem("unsupported_media", "This operation reads application/json.")
        case exceptions.MethodNotAllowed():
            return Problem("method_not_allowed", str(error.detail))
        case Http404() | exceptions.NotFound():
            return Problem("not_found", "There is nothing at this address.")
    return from_exception(error)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The view of every address under /api/ that has no other."""
    return _written(request, Problem("not_found", "There is nothing at this address."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler400: requests that no view ever sees, such as those with a wrong Host."""
    answer = _door_of(request)
    if answer is None:
        return defaults.bad_request(request, exception)
    return answer(request, Problem("invalid_request", "The request cannot be read, or its Host is not served here."))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500, for what fails outside of every view."""
    answer, error = _door_of(request), sys.exception()
    if answer is None:
        return defaults.server_error(request)
    return answer(
        request, from_exception(error if isinstance(error, Exception) else RuntimeError("no view was reached"))
    )


def _door_of(request: HttpRequest) -> Callable[[HttpRequest, Problem], HttpResponse] | None:
    """How the door at which the request knocked answers; None where that is no door of this interface."""
    if request.path_info.startswith("/api/"):
        return _written
    return fault_of if request.path_info.startswith("/soap/") else None


def _written(request: HttpRequest, problem: Problem) -> HttpResponse:
    content = json.dumps(problem.as_json())
    return HttpResponse(content, MEDIA_TYPE, problem.kind.status, headers=_headers(problem))


def _headers(problem: Problem) -> dict[str, str]:
    headers = dict(problem.headers)
    if problem.code == "not_authenticated":
        headers["WWW-Authenticate"] = 'Basic realm="EPM", charset="UTF-8", Bearer realm="EPM"'
    if "retry_after" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after"])
    return headers
