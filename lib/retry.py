"""When to try again: a schedule of delays with jitter, and what the other side asked for."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

NOTIFICATIONS = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 36000))
MAIL = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240))


def next_try(schedule: Sequence[timedelta], attempts: int, *, jitter: float = 0.2) -> timedelta | None:
    """The delay before the next try after `attempts` (1, 2, …) tries, varied by ± `jitter`; None where it is used up."""
    if attempts > len(schedule):
        return None
    return schedule[attempts - 1] * random.uniform(1 - jitter, 1 + jitter)  # noqa: S311 - spreads load, hides nothing


def next_try_with_tail(schedule: Sequence[timedelta], attempts: int, *, jitter: float = 0.2) -> timedelta:
    """As `next_try`, but the last delay repeats for ever: for work that ends by its own deadline."""
    delay = next_try(schedule, min(attempts, len(schedule)), jitter=jitter)
    assert delay is not None
    return delay


def not_before(asked: datetime | None, planned: datetime) -> datetime:
    """The later of our plan and what the other side asked for (Retry-After, RFC 9110 10.2.3)."""
    return max(asked, planned) if asked else planned
