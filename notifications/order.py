"""In which order notifications were committed, so that a reader by cursor skips none.

Ids and clocks run ahead of commits: a row with a smaller id may appear after one with a larger. So each row carries the number
of the transaction that wrote it, and readers look only at what lies below the oldest transaction that is still open
(docs/decisions/0062-events-by-cursor.md).
"""

from django.db import connections, router

from notifications.models import Notification

_ENDLESS = 2**63 - 1


def transaction_number() -> int:
    """The number of the current transaction; rows written later have a larger one, or become visible together."""
    if _vendor() == "postgresql":
        return _asked("SELECT pg_current_xact_id()::text::bigint")
    # SQLite has one writer at a time: whoever asks here holds its lock, and row ids grow from commit to commit.
    return _asked("SELECT COALESCE(MAX(rowid), 0) + 1 FROM notifications_notification")


def horizon() -> int:
    """All transactions with a smaller number have come to their end. Ask before reading, in a statement of its own."""
    if _vendor() == "postgresql":
        return _asked("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return _ENDLESS


def _vendor() -> str:
    return connections[router.db_for_write(Notification)].vendor


def _asked(sql: str) -> int:
    with connections[router.db_for_write(Notification)].cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
