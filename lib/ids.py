"""Public identifiers: UUIDv7 (RFC 9562 5.7), so that rows made later sort later."""

from datetime import UTC, datetime
from uuid import UUID

from uuid6 import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=uuid7().int)


def made_at(id: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


def earliest_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of the millisecond `at`: ids made from then on are not smaller."""
    return UUID(int=max(int(at.timestamp() * 1000), 0) << 80)
