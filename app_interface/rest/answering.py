"""How the REST door answers when an operation is refused: always problem+json (RFC 9457), never HTML."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from app_interface.problems import Problem, from_exception

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
    return _written(Problem("not_found", "There is nothing at this address."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler400: requests that no view ever sees, such as those with a wrong Host."""
    if not _is_ours(request):
        return defaults.bad_request(request, exception)
    return _written(Problem("invalid_request", "The request cannot be read, or its Host is not served here."))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500, for what fails outside of every view."""
    if not _is_ours(request):
        return defaults.server_error(request)
    error = sys.exception()
    return _written(from_exception(error if isinstance(error, Exception) else RuntimeError("no view was reached")))


def _is_ours(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _written(problem: Problem) -> HttpResponse:
    content = json.dumps(problem.as_json())
    return HttpResponse(content, MEDIA_TYPE, problem.kind.status, headers=_headers(problem))


def _headers(problem: Problem) -> dict[str, str]:
    headers = {}
    if problem.code == "not_authenticated":
        headers["WWW-Authenticate"] = 'Basic realm="EPM", charset="UTF-8", Bearer realm="EPM"'
    if "retry_after" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after"])
    return headers
