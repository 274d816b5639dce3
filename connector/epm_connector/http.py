"""One HTTP client for both protocols: credentials, timeouts, and what is not an answer of the platform's."""

from typing import Any

import httpx

from epm_connector.errors import ConnectorError

MARGIN = 5.0
"""Seconds the answer may take on its way, beyond what the operation may take."""
LOAD_TIMEOUT = 30.0
_AWAY = frozenset({429, 502, 503, 504})


class Http:
    """Calls to one platform at `endpoint`, by one credential. May be used by several threads at once."""

    def __init__(self, endpoint: str, credential: str, secret: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._client = httpx.Client(
            auth=httpx.BasicAuth(credential, secret), headers={"User-Agent": "epm-connector"}, timeout=LOAD_TIMEOUT
        )

    def call(self, method: str, path: str, *, timeout: float = LOAD_TIMEOUT, **parts: Any) -> httpx.Response:
        """One exchange; `timeout` in seconds. Raises ConnectorError unreachable where no answer came."""
        try:
            return self._client.request(method, f"{self.endpoint}{path}", timeout=timeout + MARGIN, **parts)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise ConnectorError(
                "unreachable",
                f"{self.endpoint} does not answer: {reason}",
                retryable=isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol),
            ) from error

    def close(self) -> None:
        self._client.close()


def stranger(response: httpx.Response) -> ConnectorError:
    """The error for an answer that is not the platform's: a proxy's page, for example."""
    what = f"{response.request.url.host} answered {response.status_code} {response.reason_phrase}".rstrip()
    if response.status_code in _AWAY:
        return ConnectorError(
            "unreachable",
            f"{what}: the platform is not there, or busy.",
            retryable=True,
            retry_after=retry_after(response),
        )
    return ConnectorError("unexpected_answer", f"{what}, which is not the platform's way. Is the endpoint right?")


def retry_after(response: httpx.Response) -> float | None:
    """The seconds in Retry-After; None where it is missing, or a date (the platform sends seconds)."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
