"""What can go wrong for a caller: one table (contract.md 5), one exception. REST renders it as problem+json, SOAP as a Fault."""

import errno
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import UnreadablePostError

from email_processor.outbound.submission import Refused
from lib.ids import new_id

log = logging.getLogger(__name__)
LONGEST_DETAIL, LONGEST_FIELD = 1000, 200
"""Characters."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `retryable`: the same request, unchanged, may succeed later."""

    code: str
    status: int
    title: str
    retryable: bool
    when: str


TABLE: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "invalid_request",
            400,
            "Invalid request",
            False,
            "The request cannot be read, or a parameter is unknown, missing or not usable. `field` names it.",
        ),
        Kind(
            "not_authenticated",
            401,
            "Not authenticated",
            False,
            "No credential came along, or its id, secret, state or expiry does not let it in.",
        ),
        Kind(
            "not_permitted",
            403,
            "Not permitted",
            False,
            "The credential lacks the scope, or calls from a network it may not call from.",
        ),
        Kind(
            "unknown_application",
            404,
            "Unknown application",
            False,
            "The credential has no application of this name in its zone.",
        ),
        Kind(
            "application_disabled",
            409,
            "Application disabled",
            False,
            "The application is switched off and accepts no new mail.",
        ),
        Kind("sender_not_allowed", 403, "Sender not allowed", False, "The application may not send from this address."),
        Kind("no_recipients", 400, "No recipients", False, "The mail is addressed to nobody."),
        Kind("too_many_recipients", 413, "Too many recipients", False, "The mail has more recipients than allowed."),
        Kind(
            "all_suppressed",
            422,
            "All recipients suppressed",
            False,
            "Every recipient is on the suppression list. Nothing was accepted.",
        ),
        Kind(
            "attachment_unavailable",
            422,
            "Attachment unavailable",
            True,
            "An attachment could not be fetched from its URL. Nothing was accepted.",
        ),
        Kind("message_too_large", 413, "Message too large", False, "The mail with its attachments is too large."),
        Kind(
            "idempotency_conflict",
            422,
            "Idempotency key reused",
            False,
            "The same idempotency key came before with another request.",
        ),
        Kind(
            "in_progress",
            409,
            "Still in progress",
            True,
            "The first call with this idempotency key has not been finished yet.",
        ),
        Kind(
            "rate_limited",
            429,
            "Too many requests",
            True,
            "The credential asks for more than its limits allow. See Retry-After.",
        ),
        Kind(
            "launch_failed",
            502,
            "Launch failed",
            True,
            "The application URL could not be reached, or answered something else than 2xx.",
        ),
        Kind("launch_timeout", 504, "Launch timed out", True, "The application URL did not answer in time."),
        Kind(
            "processor_unavailable",
            503,
            "Email Processor unavailable",
            True,
            "The request could not be committed. Nothing was accepted; it is safe to try again.",
        ),
        Kind(
            "unsupported_media",
            415,
            "Unsupported media type",
            False,
            "The body is not of a media type and charset this operation reads.",
        ),
        Kind("payload_too_large", 413, "Payload too large", False, "The body of the request is too large."),
        Kind("not_found", 404, "Not found", False, "There is nothing here, or nothing that this credential may see."),
        Kind(
            "method_not_allowed",
            405,
            "Method not allowed",
            False,
            "The address knows no such method. See Allow.",
        ),
        Kind(
            "internal",
            500,
            "Internal error",
            False,
            "Our fault. `incident` is the id under which the log tells what happened.",
        ),
    )
}


class Problem(Exception):
    """An operation that was refused. `field` is the parameter it is about, `extra` what a door adds (retry_after: seconds),
    `headers` the fields that go with it over HTTP. A longer `detail` is cut: it may quote what the caller sent.

    Raises KeyError for a code that is not in the table.
    """

    def __init__(
        self, code: str, detail: str, *, field: str = "", headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.kind, self.headers = TABLE[code], dict(headers or {})
        self.code, self.detail, self.field, self.extra = code, detail[:LONGEST_DETAIL], field[:LONGEST_FIELD], extra

    def as_json(self) -> dict[str, Any]:
        """The members of an RFC 9457 problem, with this project's own code, field and retryable."""
        return {
            "type": type_of(self.kind),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.code,
            "field": self.field or None,
            "retryable": self.kind.retryable,
            **self.extra,
        }


def type_of(kind: Kind) -> str:
    """The URI of a kind of problem; it can be read there."""
    return f"{settings.EPM_PUBLIC_URL}/api/v1/problems/{kind.code}"


def invalid(detail: str, field: str = "") -> Problem:
    """An `invalid_request` about `field`."""
    return Problem("invalid_request", detail, field=field)


def require_plain(coding: str) -> None:
    """Raises unsupported_media where a body is packed: `coding` is its Content-Encoding (RFC 9110 8.4)."""
    if coding.strip().lower() not in ("", "identity"):
        raise Problem("unsupported_media", f"The Content-Encoding {coding[:40]!r} is not read; send the body as it is.")


def not_found(what: str) -> Problem:
    """`what` does not exist, or is not this caller's: both are told alike."""
    return Problem("not_found", f"There is no such {what}.")


def from_refused(refused: Refused) -> Problem:
    """What the Email Processor refused, as a caller is told it."""
    return Problem(refused.code, refused.detail, field=refused.field, **refused.extra)


def from_exception(error: Exception) -> Problem:
    """Whatever ended an operation, as a caller is told it. Both doors end here; what nobody expected is logged as an incident."""
    match error:
        case Problem():
            return error
        case Refused():
            return from_refused(error)
        case RequestDataTooBig():
            return Problem("payload_too_large", f"The body is larger than {settings.EPM_BODY_LIMIT:,} octets.")
        case UnreadablePostError(errno=errno.EBUSY):
            busy = "Too many requests arrive as slowly as this one. Nothing was accepted."
            return Problem("processor_unavailable", busy)
        case UnreadablePostError():
            return invalid(f"The body cannot be read: {error.args[-1] if error.args else 'it ends too early'}.")
        case OperationalError() | InterfaceError():
            log.error("the database is not available: %s", error)
            return Problem("processor_unavailable", "The database is not available. Nothing was accepted.")
    incident = str(new_id())
    log.error("incident %s", incident, exc_info=error)
    return Problem("internal", f"An unexpected error happened. It is logged as incident {incident}.", incident=incident)
