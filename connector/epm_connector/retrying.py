"""Trying again, where it can help and does no harm."""

import random
from asyncio import sleep as pause
from collections.abc import Awaitable, Callable
from time import sleep
from typing import TypeVar

from epm_connector.errors import ConnectorError

T = TypeVar("T")
ATTEMPTS = 4
LONGEST_WAIT = 60.0
"""Seconds; whoever asks for more gets the error handed on to the caller."""
WORTH_IT = frozenset(
    {
        "unreachable",
        "rate_limited",
        "processor_unavailable",
        "launch_failed",
        "launch_timeout",
        # Our own first try, whose answer was lost, is still running there.
        "in_progress",
    }
)


def retrying(call: Callable[[], T], *, attempts: int = ATTEMPTS) -> T:
    """Run `call` up to `attempts` times; its parameters must hold an idempotency key. Raises the last ConnectorError.

    Waits 0.5, 1, 2, … seconds, ± 20 %, or as long as the platform asks (Retry-After, RFC 9110 10.2.3).
    """
    for attempt in range(1, attempts):
        try:
            return call()
        except ConnectorError as error:
            wait = _wait(error, attempt)
        sleep(wait)
    return call()


async def retrying_async(call: Callable[[], Awaitable[T]], *, attempts: int = ATTEMPTS) -> T:
    """As `retrying`, awaited."""
    for attempt in range(1, attempts):
        try:
            return await call()
        except ConnectorError as error:
            wait = _wait(error, attempt)
        await pause(wait)
    return await call()


def _wait(error: ConnectorError, attempt: int) -> float:
    """Seconds until the next try. Raises `error` where there should be none."""
    wait = _planned(error, attempt)
    if error.code not in WORTH_IT or wait > LONGEST_WAIT:
        raise error
    return wait


def _planned(error: ConnectorError, attempt: int) -> float:
    planned = 0.5 * 2.0 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, hides nothing
    return max(planned, error.retry_after or 0)
