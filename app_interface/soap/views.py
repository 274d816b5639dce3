"""The SOAP door: GET describes the service, POST calls it. Whatever happens, the answer is an envelope."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from lxml import etree

from app_interface.problems import Problem, from_exception, require_plain
from app_interface.soap import addressing, description, envelope, faults, mtom, security
from app_interface.soap.dispatch import call, operation_of
from app_interface.soap.envelope import V11, VERSIONS, Envelope, MustUnderstand, Version, VersionMismatch

UNDERSTOOD = addressing.UNDERSTOOD | {security.SECURITY}
_CHALLENGE = 'Basic realm="EPM", charset="UTF-8"'


@csrf_exempt
def app_intf_ws(request: HttpRequest) -> HttpResponse:
    """`?wsdl` and `?xsd` need no login; everything else is a call."""
    if request.method in ("GET", "HEAD"):
        query = request.META.get("QUERY_STRING", "").lower()
        if query == "wsdl":
            return HttpResponse(description.wsdl(), content_type="text/xml; charset=utf-8")
        if query == "xsd":
            return HttpResponse(description.xsd(), content_type="text/xml; charset=utf-8")
    return _answer(request)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The view of every other address under /soap/."""
    return fault_of(
        request, Problem("not_found", f"There is nothing at this address; the service is {description.PATH}.")
    )


def fault_of(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The fault for a request that does not reach the service: `problem`, in the version its caller speaks as far as it says."""
    spoken = (version for version in VERSIONS if version.media_type == request.content_type)
    response = _fault(problem, next(spoken, V11), None)
    response.status_code = problem.kind.status
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    version, addressed = V11, None
    try:
        version = _version(request)
        asked = addressed = _read(request)
        return _reply(version, *_answered(request, asked))
    except (VersionMismatch, MustUnderstand) as error:
        fault, headers = faults.of_protocol(error, version), faults.headers_of(error, version)
        return _reply(version, fault, headers, status=500)
    except Exception as error:
        return _fault(from_exception(error), version, addressed)


def _version(request: HttpRequest) -> Version:
    if request.method != "POST":
        raise Problem("method_not_allowed", "Call with POST; GET knows ?wsdl and ?xsd.")
    return envelope.version_of(mtom.envelope_type(request.headers.get("Content-Type", "")))


def _read(request: HttpRequest) -> Envelope:
    require_plain(request.headers.get("Content-Encoding", ""))
    package = mtom.unpacked(request.body, request.headers["Content-Type"])
    action = request.headers.get("SOAPAction", "")
    asked = envelope.read(package.body, package.content_type, action, UNDERSTOOD)
    mtom.include(asked.payload, package.parts)
    return asked


def _answered(request: HttpRequest, asked: Envelope) -> tuple[etree._Element, Sequence[etree._Element]]:
    """The answer's Body and Header."""
    addressing.check_reply_address(asked)
    caller = security.caller_of(request, asked)
    operation = operation_of(asked)
    return call(operation, caller, asked), addressing.reply_headers(asked, f"{operation.action}Response")


def _fault(problem: Problem, version: Version, asked: Envelope | None) -> HttpResponse:
    headers = [] if asked is None else addressing.reply_headers(asked, addressing.FAULT)
    response = _reply(version, faults.of_problem(problem, version), headers, status=faults.status_of(problem, version))
    if problem.extra.get("challenge"):
        # Some clients offer Basic only after they were asked to.
        response.status_code, response["WWW-Authenticate"] = 401, _CHALLENGE
    if problem.code == "method_not_allowed":
        response["Allow"] = "GET, HEAD, POST"
    if "retry_after" in problem.extra:
        response["Retry-After"] = str(problem.extra["retry_after"])
    return response


def _reply(
    version: Version, content: etree._Element, headers: Sequence[etree._Element] = (), *, status: int = 200
) -> HttpResponse:
    body = envelope.write(version, content, headers)
    return HttpResponse(body, status=status, content_type=f"{version.media_type}; charset=utf-8")
