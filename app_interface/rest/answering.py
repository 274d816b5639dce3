"""How the REST door answers: JSON, and problem+json (RFC 9457) where an operation is refused, never HTML.

Here are also the handlers of what no view ever sees; they let each door answer in its own way.
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from app_interface.problems import Problem, from_exception
from app_interface.soap.views import fault_of

MEDIA_TYPE = "application/problem+json"
_as_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def answered(value: Any, status: int = 200, **headers: str) -> HttpResponse:
    """`value` as JSON."""
    return HttpResponse(_as_json(value), "application/json", status, headers=headers)


def refusal(problem: Problem) -> HttpResponse:
    """`problem` as it is told."""
    return HttpResponse(_as_json(problem.as_json()), MEDIA_TYPE, problem.kind.status, headers=_headers(problem))


def problem_answer(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """REST framework's EXCEPTION_HANDLER, for the views that show the description."""
    if isinstance(error, exceptions.MethodNotAllowed):
        return refusal(Problem("method_not_allowed", str(error.detail)))
    return refusal(from_exception(error))


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The view of every address under /api/ that has no other."""
    return refusal(Problem("not_found", "There is nothing at this address."))


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
    return refusal(problem)


def _headers(problem: Problem) -> dict[str, str]:
    headers = dict(problem.headers)
    if problem.code == "not_authenticated":
        headers["WWW-Authenticate"] = 'Basic realm="EPM", charset="UTF-8", Bearer realm="EPM"'
    if "retry_after" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after"])
    return headers
