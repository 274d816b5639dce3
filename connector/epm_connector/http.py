"""One HTTP client for both protocols, in two forms: credentials, timeouts, and what is not an answer of the platform's."""

from typing import Any, TypeVar

import httpx

from epm_connector.errors import ConnectorError
from epm_connector.exchange import USUAL_TIMEOUT, Exchange

T = TypeVar("T")
MARGIN = 5.0
"""Seconds the answer may take on its way, beyond what the operation may take."""
_AWAY = frozenset({429, 502, 503, 504})
_FAILED = (httpx.TransportError, httpx.InvalidURL)


class Http:
    """Calls to one platform at `endpoint`, by one credential. May be used by several threads at once."""

    def __init__(self, endpoint: str, credential: str, secret: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._client = httpx.Client(**_settings(credential, secret))

    def run(self, exchange: Exchange[T]) -> T:
        """One exchange. Raises ConnectorError: unreachable where no answer came, and what reading it raises."""
        try:
            response = self._client.request(**_request(self._endpoint, exchange))
        except _FAILED as error:
            raise _unreachable(self._endpoint, error) from error
        return exchange.read(response)

    def close(self) -> None:
        self._client.close()


class AsyncHttp:
    """The same, awaited."""

    def __init__(self, endpoint: str, credential: str, secret: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._client = httpx.AsyncClient(**_settings(credential, secret))

    async def run(self, exchange: Exchange[T]) -> T:
        """As Http.run."""
        try:
            response = await self._client.request(**_request(self._endpoint, exchange))
        except _FAILED as error:
            raise _unreachable(self._endpoint, error) from error
        return exchange.read(response)

    async def close(self) -> None:
        await self._client.aclose()


def _settings(credential: str, secret: str) -> dict[str, Any]:
    return {
        "auth": httpx.BasicAuth(credential, secret),
        "headers": {"User-Agent": "epm-connector"},
        "timeout": USUAL_TIMEOUT,
    }


def _request(endpoint: str, exchange: Exchange[Any]) -> dict[str, Any]:
    url, timeout = f"{endpoint}{exchange.path}", exchange.timeout + MARGIN
    return {"method": exchange.method, "url": url, "timeout": timeout, **exchange.parts}


def _unreachable(endpoint: str, error: Exception) -> ConnectorError:
    can_help = isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)
    reason = str(error) or type(error).__name__
    return ConnectorError("unreachable", f"{endpoint} does not answer: {reason}", retryable=can_help)


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
