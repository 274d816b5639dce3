"""Expected against received: what was asked of each destination's servers, what came, and how long it took.

One aggregate over recipients and one over receipts, both along an index by time (ids are UUIDv7). Only mail that some server
took counts: nothing can be expected of the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Avg, CharField, Count, DurationField, ExpressionWrapper, F, Func, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from email_processor.models import DeliveryReceipt, Recipient, State
from lib.ids import earliest_id

TAKEN = (State.SENT, State.RELAYED, State.DELIVERED, State.BOUNCED)
STEPS = (
    ("1 min", timedelta(minutes=1)),
    ("10 min", timedelta(minutes=10)),
    ("1 h", timedelta(hours=1)),
    ("1 day", timedelta(days=1)),
)
"""How long after acceptance a receipt came: within each of these, or later."""

ANSWERS = ("delivered", "relayed", "failed", "delayed", "expanded", "read", "complained")
SILENT_AFTER = 5
"""A domain that was asked so often and never answered is said never to answer."""


@dataclass(slots=True)
class Destination:
    """One domain of one application (None: mail of none). Counts are of recipients, `steps` of receipts that came in each step.

    `asked` were to be reported on if delivered (NOTIFY=SUCCESS); of these `answered` have a final report. `mean` is the mean
    time from acceptance to a receipt.
    """

    application: UUID | None
    domain: str
    taken: int = 0
    asked: int = 0
    answered: int = 0
    came: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ANSWERS, 0))
    steps: list[int] = field(default_factory=lambda: [0] * (len(STEPS) + 1))
    mean: timedelta | None = None

    @property
    def is_silent(self) -> bool:
        """Asked often, and never answered."""
        return self.asked >= SILENT_AFTER and not any(self.came.values())

    @property
    def share(self) -> float | None:
        """How many of those asked for were answered, 0 to 1."""
        return self.answered / self.asked if self.asked else None


class _Domain(Func):
    """Of an address, whose domain is stored in lower case. One function, for it is called once a row: of three, half the time."""

    template = "SPLIT_PART(%(expressions)s, '@', -1)"
    output_field = CharField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """Of a quoted @ in the local part, which is as good as unheard of, SQLite's functions make part of the domain."""
        template = "SUBSTR(%(expressions)s, INSTR(%(expressions)s, '@') + 1)"
        return self.as_sql(compiler, connection, template=template, **extra)


def destinations(since: datetime, until: datetime, applications: Sequence[UUID] | None = None) -> list[Destination]:
    """What was asked and what came for mail accepted from `since` to before `until`, most mail first. Two queries.

    With `applications`, for those only.
    """
    found: dict[tuple[UUID | None, str], Destination] = {}
    window = Recipient.objects.filter(pk__gte=earliest_id(since), pk__lt=earliest_id(until), state__in=TAKEN)
    if applications is not None:
        window = window.filter(application__in=applications)
    for row in _asked(window):
        key = (row["application"], row["domain"])
        found[key] = Destination(*key, taken=row["taken"], asked=row["asked"], answered=row["answered"])
    for row in _came(since, until, applications):
        one = found.get((row["application"], row["domain"]))
        if one is not None:
            _add(one, row)
    return sorted(found.values(), key=lambda one: (-one.taken, one.domain))


def _asked(window: "QuerySet[Recipient]") -> Iterable[Mapping[str, Any]]:
    success = Q(notify__contains="SUCCESS")
    rows = window.order_by().annotate(domain=_Domain("address")).values("application", "domain")
    return rows.annotate(
        taken=Count("pk"),
        asked=Count("pk", filter=success),
        answered=Count("pk", filter=success & ~Q(state=State.SENT)),
    )


def _came(since: datetime, until: datetime, applications: Sequence[UUID] | None) -> Iterable[Mapping[str, Any]]:
    receipts = DeliveryReceipt.objects.filter(recipient__gte=earliest_id(since), recipient__lt=earliest_id(until))
    if applications is not None:
        receipts = receipts.filter(application__in=applications)
    took = ExpressionWrapper(F("received_at") - F("recipient__message__accepted_at"), DurationField())
    within = {f"step{n}": Count("pk", filter=Q(took__lte=most)) for n, (_, most) in enumerate(STEPS)}
    rows = receipts.order_by().annotate(domain=_Domain("recipient__address"), took=took)
    return rows.values("application", "domain", "action").annotate(
        recipients=Count("recipient", distinct=True), receipts=Count("pk"), mean=Avg("took"), **within
    )


def _add(one: Destination, row: Mapping[str, Any]) -> None:
    if row["action"] in one.came:
        one.came[row["action"]] += row["recipients"]
    before = sum(one.steps)
    within = [0, *(row[f"step{n}"] for n in range(len(STEPS))), row["receipts"]]
    one.steps = [sum_ + later - earlier for sum_, (earlier, later) in zip(one.steps, pairwise(within), strict=True)]
    one.mean = ((one.mean or timedelta()) * before + row["mean"] * row["receipts"]) / (before + row["receipts"])
