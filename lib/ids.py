"""Public identifiers: UUIDv7 (RFC 9562 5.7), so that rows made later sort later."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID

_TICKS = 4096
"""Parts of a millisecond that follow it in an id (RFC 9562 6.2, method 3)."""
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM = (1 << 62) - 1
_last = 0


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[UUID]:
    """Fresh UUIDv7s, each greater than the one before and than all that this process made earlier."""
    global _last
    # Two threads that meet here share some ticks; the random bits tell their ids apart.
    first = max(time.time_ns() * _TICKS // 1_000_000, _last + 1)
    _last = first + count - 1
    octets = os.urandom(8 * count)
    return [_id(first + place, octets[8 * place : 8 * place + 8]) for place in range(count)]


def _id(tick: int, octets: bytes) -> UUID:
    random = int.from_bytes(octets, "big") & _RANDOM
    return UUID(int=(tick // _TICKS << 80) | (tick % _TICKS << 64) | _VERSION_AND_VARIANT | random)


def made_at(id: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


def earliest_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of the millisecond `at`: ids made from then on are not smaller."""
    return UUID(int=max(int(at.timestamp() * 1000), 0) << 80)
