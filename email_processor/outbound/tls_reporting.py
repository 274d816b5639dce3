"""TLS reporting (RFC 8460): each connection to a domain's own servers is counted, whether it was protected and why not.

Counted in memory where connections are opened, added to rows now and then by who does the database work. What was counted
since is lost with a worker that dies: it is a statistic, not a ledger.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, router

from email_processor.models import PolicyType, TlsSessions

_LONGEST_REASON = 200
KEPT = timedelta(days=90)
"""For how long the counts are kept. Who looks after a domain's servers asks for a day's report on the next day."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain asks for, as a report names it (RFC 8460 4.4)."""

    policy_type: PolicyType
    policy_domain: str
    policy_strings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """How a connection was not protected: the result type (RFC 8460 4.3), where, and more. All empty: it was protected."""

    failure: str = ""
    host: str = ""
    address: str = ""
    source: str = ""
    reason: str = ""


_What = tuple[date, str, Policy, Observed]
_seen: Counter[_What] = Counter()
_lock = Lock()


def note(destination: str, policy: Policy, observed: Observed) -> None:
    """Count one connection to the servers of `destination`, a recipients' domain."""
    with _lock:
        _seen[datetime.now(UTC).date(), destination, policy, observed] += 1


def write() -> None:
    """Add to the rows what was counted since; does nothing where nothing was."""
    global _seen
    if not _seen:
        return
    with _lock:
        seen, _seen = _seen, Counter()
    try:
        _add(seen)
    except DatabaseError:
        with _lock:
            _seen += seen
        raise


def _add(seen: Mapping[_What, int]) -> None:
    """Two workers add to the same row. Sorted, so that they never wait for each other in a circle."""
    database = connections[router.db_for_write(TlsSessions)]
    table = database.ops.quote_name(TlsSessions._meta.db_table)
    rows = sorted((_row(*what, count) for what, count in seen.items()), key=itemgetter("key"))
    columns, places = ", ".join(rows[0]), ", ".join(["%s"] * len(rows[0]))
    into = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - names of our own
    with database.cursor() as cursor:
        cursor.executemany(
            f"{into} ON CONFLICT (key) DO UPDATE SET count = {table}.count + excluded.count",
            [list(row.values()) for row in rows],
        )


def _row(day: date, destination: str, policy: Policy, observed: Observed, count: int) -> dict[str, Any]:
    return {
        "key": _key(day, destination, policy, observed),
        "day": day,
        "destination": destination,
        **asdict(policy),
        "policy_strings": json.dumps(policy.policy_strings),
        **asdict(observed),
        "reason": observed.reason[:_LONGEST_REASON],
        "count": count,
    }


def _key(day: date, destination: str, policy: Policy, observed: Observed) -> str:
    told = json.dumps([str(day), destination, asdict(policy), asdict(observed)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def forget_old() -> int:
    """Delete the rows of days that nobody asks for any more; says how many that were."""
    return TlsSessions.objects.filter(day__lt=datetime.now(UTC).date() - KEPT).delete()[0]


def report(destination: str, day: date) -> dict[str, Any]:
    """The report of one day to those who look after `destination`'s servers: the JSON object of RFC 8460 4.4."""
    groups: defaultdict[Policy, list[TlsSessions]] = defaultdict(list)
    for row in TlsSessions.objects.filter(destination=destination, day=day).order_by("policy_type", "failure", "key"):
        groups[Policy(PolicyType(row.policy_type), row.policy_domain, tuple(row.policy_strings))].append(row)
    return {
        "organization-name": settings.EPM_HOST_NAME,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": f"postmaster@{settings.EPM_HOST_NAME}",
        "report-id": f"{day}.{destination}.{settings.EPM_HOST_NAME}",
        "policies": [_policy(policy, rows) for policy, rows in groups.items()],
    }


def _policy(policy: Policy, rows: Sequence[TlsSessions]) -> dict[str, Any]:
    failures = [row for row in rows if row.failure]
    failed = sum(row.count for row in failures)
    return {
        "policy": _told(
            {
                "policy-type": str(policy.policy_type),
                "policy-string": list(policy.policy_strings),
                "policy-domain": policy.policy_domain,
                "mx-host": [line.removeprefix("mx: ") for line in policy.policy_strings if line.startswith("mx: ")],
            }
        ),
        "summary": {
            "total-successful-session-count": sum(row.count for row in rows) - failed,
            "total-failure-session-count": failed,
        },
        **_told({"failure-details": [_failure(row) for row in failures]}),
    }


def _failure(row: TlsSessions) -> dict[str, Any]:
    return _told(
        {
            "result-type": row.failure,
            "sending-mta-ip": row.source,
            "receiving-mx-hostname": row.host,
            "receiving-ip": row.address,
            "failed-session-count": row.count,
            "failure-reason-code": row.reason,
        }
    )


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what there is nothing to say about."""
    return {name: value for name, value in fields.items() if value}
