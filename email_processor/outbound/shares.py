"""The lines of the queue: who has mail due, without looking at every mail that waits.

Mails stand in one line for each priority and share (an application's mails that go the same way out). The index
`recipient_due` begins with zone, priority and share, so that going from one line's head to the next is one look each
(a "loose index scan", which neither database does by itself). Each look is a subquery with a LIMIT, which a planner cannot
turn into a join that reads the whole queue.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connections, router
from django.db.models import Count, Min, Q
from django.utils import timezone

from email_processor.models import Priority, Recipient, State
from email_processor.models.recipient import application_of
from epm.models import Zone
from lib.claims import now_in_sql

WAITING = (State.QUEUED, State.DEFERRED)
"""The states in which a due recipient is to be sent."""


class Line(NamedTuple):
    """Due mails of one priority and one share. `zone` is its key."""

    zone: int
    priority: int
    share: str


class Waiting(NamedTuple):
    """How many wait, how many of them are due, and since when the longest."""

    depth: int
    due: int
    oldest: datetime | None


def waiting(zone: Zone, applications: Iterable[UUID]) -> Waiting:
    """What waits to be sent for `applications` of a zone. Its index alone is read, and only as far as it waits."""
    rows = Recipient.objects.filter(zone=zone, due_at__isnull=False).order_by().values_list("share")
    due, mine = Count("share", filter=Q(due_at__lte=timezone.now())), set(applications)
    counted = rows.annotate(depth=Count("share"), due=due, oldest=Min("due_at"))
    found = [row for row in counted if application_of(row[0]) in mine]
    return Waiting(
        sum(depth for _, depth, _, _ in found),
        sum(due for _, _, due, _ in found),
        min((oldest for *_, oldest in found), default=None),
    )


def lines_due(zone_name: str) -> list[Line]:
    """The lines of a zone in which something is due, most urgent first."""
    database = connections[router.db_for_write(Recipient)]
    clock, due_at = now_in_sql(database)
    with database.cursor() as cursor:
        cursor.execute(_LINES_DUE.format(now=clock), [zone_name, *due_at, *(state.value for state in WAITING)])
        return sorted(Line(*row) for row in cursor.fetchall())


def _priorities(values: Iterable[int]) -> str:
    return " UNION ALL ".join(f"SELECT {value} AS priority" for value in values)


_HEAD = """
    SELECT min(r.share) FROM email_processor_recipient r
    WHERE r.zone_id = line.zone AND r.priority = line.priority AND r.due_at IS NOT NULL
"""
_LINES_DUE = f"""
WITH RECURSIVE line (zone, priority, share) AS (
    SELECT line.zone, line.priority, ({_HEAD}) FROM (
        SELECT z.id AS zone, p.priority FROM epm_zone z, ({_priorities(Priority.values)}) p WHERE z.name = %s
    ) line
    UNION ALL
    SELECT line.zone, line.priority, ({_HEAD} AND r.share > line.share) FROM line WHERE line.share IS NOT NULL
)
SELECT line.zone, line.priority, line.share FROM line
WHERE line.share IS NOT NULL AND (
    SELECT r.due_at FROM email_processor_recipient r
    WHERE r.zone_id = line.zone AND r.priority = line.priority AND r.share = line.share
    AND r.due_at <= {{now}} AND r.state IN (%s, %s)
    ORDER BY r.due_at LIMIT 1
) IS NOT NULL
"""  # noqa: S608 - made of constants
