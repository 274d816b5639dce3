"""The one exception of this package."""

from collections.abc import Mapping
from typing import Any


class ConnectorError(Exception):
    """A call that did not succeed, equal over both protocols.

    `code` is a code of the platform's error table (`invalid_request`, `sender_not_allowed`, …), or one of this package's own:
    `unreachable` (no answer came), `unexpected_answer` (not the platform's: a proxy's page, for example), `bad_signature`.
    `field` is the parameter it is about, or empty. `retryable`: the same call may succeed later. `retry_after`: seconds the
    platform asked to wait, if it did. `incident`: names the entry in the platform's log, where the fault is the platform's.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        incident: str = "",
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field, self.retryable = code, detail, field, retryable
        self.retry_after, self.incident = retry_after, incident

    def __str__(self) -> str:
        about = f" ({self.field})" if self.field else ""
        return f"{self.code}{about}: {self.detail}"


def error_of(problem: Mapping[str, Any], wait: float | None = None) -> ConnectorError:
    """A problem (RFC 9457) as the exception of this package; `wait` is the seconds in Retry-After."""
    return ConnectorError(
        problem["code"],
        str(problem.get("detail") or problem.get("title") or ""),
        field=problem.get("field") or "",
        retryable=bool(problem.get("retryable")),
        retry_after=wait,
        incident=problem.get("incident") or "",
    )
