"""The last look at the suppression list, right before the wire: what was accepted before its address came onto the list."""

from collections.abc import Collection
from uuid import UUID

from email_processor import lifecycle, suppression
from email_processor.lifecycle import Move
from email_processor.models import EventType, Recipient, State
from lib.ids import made_at


def withdraw(zone_name: str, keys: Collection[UUID]) -> set[UUID]:
    """Cancel, of claimed recipients of a zone, those whose address is suppressed by now; answers which they were.

    As long as the zone suppressed nobody since the oldest of them was accepted, this is one look at an index.
    """
    if not keys or not suppression.any_since(zone_name, min(map(made_at, keys))):
        return set()
    rows = Recipient.objects.filter(pk__in=keys).only("zone", "application", "address")
    entries = suppression.suppressed_among(rows)
    lifecycle.advance(
        [
            Move(key, EventType.CANCELLED, State.CANCELLED, {"why": suppression.why(entry)})
            for key, entry in entries.items()
        ]
    )
    return set(entries)
