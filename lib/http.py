"""The one way out to HTTP: for Notification URLs, application URLs and attachments.

Whoever names such a URL must not reach what only this machine can reach. So every name is resolved here, every address is
judged, and the connection goes to the very address that was judged: a name that answers differently the second time
(DNS rebinding) gains nothing. Redirects are followed for GET only, and each hop is judged again. No proxy of the
environment is used. What goes wrong on the way is `Unreachable`, with a reason in plain words.
"""

import asyncio
import base64
import os
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self
from urllib.parse import unquote_to_bytes

import certifi
import httpcore
import httpx

from lib.names import addresses_of
from lib.networks import refusal

REDIRECTS = 3
ADDRESSES = 4
"""How many addresses of one name are tried."""
LONGEST_RETRY_AFTER = timedelta(days=1)
REDIRECTING = frozenset({301, 302, 303, 307, 308})
LAST_PORT = 65535
KEEP_ALIVE = 5.0
"""Seconds an unused connection stays open."""
# A compressed answer could unpack to any size.
OWN_HEADERS = {"User-Agent": "EPM/0.1", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `body` holds at most the octets asked for; `cut` says that there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    cut: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def retry_after(self, now: datetime) -> datetime | None:
        """When the server wants to be asked again (Retry-After, RFC 9110 10.2.3), at most a day ahead; None where it
        does not say, or not in a form that can be read.
        """
        asked = _retry_after(self.headers.get("retry-after", "").strip(), now)
        return min(asked, now + LONGEST_RETRY_AFTER) if asked else None


class Unreachable(Exception):
    """No answer came. `reason` is a plain sentence; `timed_out` says that the time was up; `seconds` is what it took."""

    def __init__(self, reason: str, *, timed_out: bool = False, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.timed_out, self.seconds = reason, timed_out, seconds


async def post(url: str, *, content: bytes, headers: Mapping[str, str], timeout: float, limit: int) -> Answer:
    """One POST with a client of its own; see `Client.post`."""
    async with Client() as client:
        return await client.post(url, content=content, headers=headers, timeout=timeout, limit=limit)


async def get(
    url: str, *, headers: Mapping[str, str], timeout: float, limit: int, redirects: int = REDIRECTS
) -> Answer:
    """One GET with a client of its own; see `Client.get`."""
    async with Client() as client:
        return await client.get(url, headers=headers, timeout=timeout, limit=limit, redirects=redirects)


class Client:
    """Keeps connections open between calls, within one event loop: `async with Client() as client`.

    A connection is one call's until its answer is read. httpcore's own pool goes through all connections for each call and
    hands one to several, which costs more than the calls themselves once a hundred are on the wire.
    """

    def __init__(self) -> None:
        self._idle: dict[tuple[bytes, bytes, int], list[httpcore.AsyncHTTPConnection]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for connections in self._idle.values():
            for connection in connections:
                await connection.aclose()
        self._idle.clear()

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str], timeout: float, limit: int) -> Answer:
        """POST `content`; follows no redirect. `timeout` is seconds for everything, `limit` octets of the answer's body.

        Raises Unreachable.
        """
        begun = time.monotonic()
        async with _deadline(timeout, begun), self._open(_request("POST", url, headers, content)) as response:
            return await _read(response, begun, limit)

    async def get(
        self, url: str, *, headers: Mapping[str, str], timeout: float, limit: int, redirects: int = REDIRECTS
    ) -> Answer:
        """GET, following up to `redirects` redirects. `timeout` is seconds for everything, `limit` octets of the answer's body.

        Raises Unreachable.
        """
        begun = time.monotonic()
        async with _deadline(timeout, begun):
            for _ in range(redirects + 1):
                async with self._open(_request("GET", url, headers, b"")) as response:
                    location = _location(response)
                    if not location:
                        return await _read(response, begun, limit)
                    url = str(httpx.URL(url).join(location))
            raise Unreachable(f"more than {redirects} redirects")

    @asynccontextmanager
    async def _open(self, request: httpcore.Request) -> AsyncIterator[httpcore.Response]:
        origin = request.url.origin
        idle = self._idle[origin.scheme, origin.host, origin.port]
        connection = await self._usable(idle) or httpcore.AsyncHTTPConnection(
            origin, ssl_context=_trust(), keepalive_expiry=KEEP_ALIVE, network_backend=_GuardedBackend()
        )
        try:
            response = await connection.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            if connection.is_available():
                idle.append(connection)
            else:
                await connection.aclose()

    async def _usable(self, idle: list[httpcore.AsyncHTTPConnection]) -> httpcore.AsyncHTTPConnection | None:
        while idle:
            connection = idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None


class _GuardedBackend(httpcore.AnyIOBackend):
    """Connects to public addresses only, and to those that EPM_HTTP_ALLOWED_PRIVATE names."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await _resolve(host)
        permitted = [address for address in found if not refusal(address)]
        if not permitted:
            raise Unreachable(f"{host} is at {found[0]}, which may not be called: {refusal(found[0])}")
        failure: httpcore.ConnectError | None = None
        for address in permitted[:ADDRESSES]:
            try:
                return await super().connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        assert failure is not None
        raise failure

    async def connect_unix_socket(self, *args: object, **kwargs: object) -> httpcore.AsyncNetworkStream:
        raise Unreachable("only http and https are called")


async def _resolve(host: str) -> list[IPv4Address | IPv6Address]:
    try:
        return [ip_address(address) for address in await addresses_of(host)]
    except OSError as error:
        raise Unreachable(f"{host} is not known to the name servers") from error


@asynccontextmanager
async def _deadline(timeout: float, begun: float) -> AsyncIterator[None]:
    """Everything inside takes at most `timeout` seconds, and all that can go wrong leaves as Unreachable."""
    try:
        async with asyncio.timeout(timeout):
            yield
    except TimeoutError as error:
        raise Unreachable(f"no answer within {timeout:g} s", timed_out=True, seconds=_since(begun)) from error
    except Unreachable as error:
        error.seconds = _since(begun)
        raise
    # UnicodeError: a host that is no name (httpx leaves IDNAError to its callers).
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.InvalidURL, UnicodeError) as error:
        raise Unreachable(_in_words(error), seconds=_since(begun)) from error


def _request(method: str, url: str, headers: Mapping[str, str], content: bytes) -> httpcore.Request:
    request = httpx.Request(method, _parsed(url), headers={**OWN_HEADERS, **headers}, content=content)
    if request.url.scheme not in ("http", "https") or not request.url.host:
        raise Unreachable("only http and https URLs are called")
    if request.url.port is not None and request.url.port > LAST_PORT:
        raise Unreachable(f"there is no port {request.url.port}")
    if request.url.userinfo:
        request.headers["Authorization"] = f"Basic {base64.b64encode(unquote_to_bytes(request.url.userinfo)).decode()}"
    url_parts = httpcore.URL(
        scheme=request.url.raw_scheme,
        host=request.url.raw_host,
        port=request.url.port,
        target=request.url.raw_path,
    )
    return httpcore.Request(method, url_parts, headers=request.headers.raw, content=content)


@lru_cache(maxsize=1000)
def _parsed(url: str) -> httpx.URL:
    """Once for all that is told to the same URL."""
    return httpx.URL(url)


def _location(response: httpcore.Response) -> str:
    """Where an answer redirects to; "" where it does not."""
    return httpx.Headers(response.headers).get("location", "") if response.status in REDIRECTING else ""


async def _read(response: httpcore.Response, begun: float, limit: int) -> Answer:
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > limit:
            break
    headers = httpx.Headers(response.headers)
    return Answer(response.status, headers, bytes(body[:limit]), _since(begun), cut=len(body) > limit)


def _in_words(error: Exception) -> str:
    """Why, for people. What the operating system or TLS said is further down the chain of causes."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or cause}"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ProtocolError | httpcore.ReadError):
        return "the server broke off, or did not speak HTTP"
    return str(error) or type(error).__name__


def _retry_after(value: str, now: datetime) -> datetime | None:
    if value.isascii() and value.isdigit():
        return now + min(timedelta(seconds=int(value[:9])), LONGEST_RETRY_AFTER)
    try:
        return parsedate_to_datetime(value).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _since(begun: float) -> float:
    return time.monotonic() - begun


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Who may vouch for a server: the machine's own list, where a company adds its authority, and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
