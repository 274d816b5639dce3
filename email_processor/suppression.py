"""The suppression list: addresses that get no mail of a zone, or of one of its applications.

Acceptance asks it (`suppressed`), sending asks it once more (`outbound/withdrawing.py`), and it learns by itself from what
servers and people answer (`learn`). docs/decisions/0030-suppression.md says why it is asked where.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from email_processor.events import Happening
from email_processor.inbound.dsn.reasons import explain
from email_processor.models import EventType, Recipient, Suppression
from email_processor.outbound.addresses import ascii_domain
from email_processor.outbound.send_result import Stage
from epm.models import Application, Zone

Source = Suppression.Source

DEAD = frozenset({"user_unknown", "host_unknown", "moved", "suspended", "not_accept"})
"""The reasons (inbound/dsn/reasons.toml) that speak of the address itself; all others may pass, or are about our mail."""

COMPLAINED = "Its owner called a mail unwanted."

_ABOUT_THE_RECIPIENT = frozenset({Stage.RCPT.value, Stage.FINAL_DOT.value})
_REASON_CHARACTERS = 300
_SLACK = timedelta(minutes=5)
"""A suppression may be committed so much later than it was written, by a clock that may differ from ours."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address to put on the list; without an `application`, for the whole zone."""

    zone: Zone
    application: Application | None
    address: str
    reason: str
    source: Suppression.Source
    expires_at: datetime | None = None


def comparable(address: str) -> str:
    """The form in which addresses are compared here: all in lower case, the domain in ASCII.

    Everywhere else local parts keep their case (RFC 5321 2.4). Here the one mailbox in a million that differs from another in
    case alone goes without mail, rather than somebody who asked for none gets some.
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        return f"{local.lower()}@{ascii_domain(domain)}"
    except ValueError:
        return address.strip().lower()


def suppress(
    zone: Zone,
    application: Application | None,
    address: str,
    reason: str,
    source: Suppression.Source,
    *,
    expires_at: datetime | None = None,
) -> Suppression:
    """Put an address on the list of `application`, or of the whole zone; answers its entry.

    Of two entries for the same the one that ends later stands.
    """
    suppress_all([Wanted(zone, application, address, reason, source, expires_at)])
    return Suppression.objects.get(zone=zone, application=application, address=comparable(address))


def suppress_all(wanted: Iterable[Wanted]) -> int:
    """The same for many; answers how many were not on the list before, or stay on it longer now."""
    now = timezone.now()
    # In one order, so that two who learn the same addresses never wait for each other in a circle.
    rows = sorted((_row(one, now) for one in wanted), key=lambda row: (row.address, str(row.application_id)))
    with transaction.atomic():
        known = _entries(rows)
        longer = [(entry, row) for row in rows if (entry := known.get(_place(row))) and _ends_later(row, entry)]
        for entry, row in longer:
            Suppression.objects.filter(pk=entry.pk).update(
                reason=row.reason, source=row.source, created_at=now, expires_at=row.expires_at
            )
        fresh = {_place(row): row for row in rows if _place(row) not in known}
        Suppression.objects.bulk_create(fresh.values(), ignore_conflicts=True, batch_size=500)
    return len(longer) + len(fresh)


def lift(zone: Zone, application: Application | None, address: str) -> bool:
    """Take an address off the list of `application`, or of the whole zone; False where it was not on it."""
    entries = Suppression.objects.filter(zone=zone, application=application, address=comparable(address))
    return entries.delete()[0] > 0


def suppressed(zone: Zone, application: Application | None, addresses: Collection[str]) -> dict[str, Suppression]:
    """Which of `addresses` get no mail now, each as given, with the entry that says why.

    One query, and another where there are any.
    """
    return suppressed_at(zone.pk, application.pk if application is not None else None, addresses)


def suppressed_at(zone_id: int, application_id: UUID | None, addresses: Collection[str]) -> dict[str, Suppression]:
    """The same of keys."""
    forms = {address: comparable(address) for address in addresses}
    entries = _binding(zone_id, forms.values())
    if entries.is_empty:
        return {}
    found = {address: entries.get((form, application_id)) for address, form in forms.items()}
    return {address: entry for address, entry in found.items() if entry is not None}


def suppressed_among(recipients: Collection[Recipient]) -> dict[UUID, Suppression]:
    """The same for recipients of one zone, of whatever applications, by their ids."""
    zone_ids = {recipient.zone_id for recipient in recipients}
    if not zone_ids:
        return {}
    [zone_id] = zone_ids
    entries = _binding(zone_id, (comparable(recipient.address) for recipient in recipients))
    found = {one.pk: entries.get((comparable(one.address), one.application_id)) for one in recipients}
    return {key: entry for key, entry in found.items() if entry is not None}


def standing() -> "QuerySet[Suppression]":
    """The entries that have not run out."""
    return Suppression.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


def any_since(zone_name: str, at: datetime) -> bool:
    """Was anything put on the zone's list since `at`, as far as clocks and commits can be trusted?"""
    return Suppression.objects.filter(zone__name=zone_name, created_at__gte=at - _SLACK).exists()


def why(entry: Suppression) -> str:
    """The sentence that stands beside every mail that was not sent because of `entry`."""
    since = f"{entry.address} is on the suppression list since {entry.created_at:%Y-%m-%d}"
    return f"{since} ({entry.get_source_display().lower()}): {entry.reason}" if entry.reason else f"{since}."


def learn(happenings: Sequence[Happening]) -> None:
    """Put on the list what `happenings` show to be dead or unwanted, where the application's policy says so.

    Only for that very application: what another one does about it is its own policy. The sandbox teaches nothing.
    """
    learnt = [wanted for happening in happenings if (wanted := _lesson(happening)) is not None]
    if learnt:
        suppress_all(learnt)


def _lesson(happening: Happening) -> Wanted | None:
    recipient, application = happening.recipient, happening.recipient.application
    read = _LESSONS.get(happening.type)
    if read is None or application is None or "not_applied" in happening.data or recipient.sandbox:
        return None
    source, reason = read(happening.data)
    heeds = application.suppress_complaints if source is Source.COMPLAINT else application.suppress_hard_bounces
    return Wanted(application.zone, application, recipient.address, reason, source) if reason and heeds else None


def _from_refusal(data: Mapping[str, Any]) -> tuple[Suppression.Source, str]:
    smtp = data.get("smtp") or {}
    if smtp.get("stage") not in _ABOUT_THE_RECIPIENT:
        return Source.BOUNCE, ""
    reason = explain(smtp.get("enhanced") or "", f"{smtp.get('code')} {smtp.get('text')}")
    return Source.BOUNCE, reason.explanation if reason.word in DEAD and reason.permanent else ""


def _from_report(data: Mapping[str, Any]) -> tuple[Suppression.Source, str]:
    receipt = data.get("receipt") or {}
    is_dead = receipt.get("reason") in DEAD and not str(receipt.get("status", "")).startswith("4")
    return Source.BOUNCE, receipt.get("explanation", "") if is_dead else ""


def _from_complaint(data: Mapping[str, Any]) -> tuple[Suppression.Source, str]:
    return Source.COMPLAINT, COMPLAINED


_LESSONS: Mapping[EventType, Callable[[Mapping[str, Any]], tuple[Suppression.Source, str]]] = {
    EventType.FAILED: _from_refusal,
    EventType.BOUNCED: _from_report,
    EventType.COMPLAINED: _from_complaint,
}
"""Where it came from and why, for each kind of Event that teaches anything; no reason, no lesson."""


def _row(wanted: Wanted, now: datetime) -> Suppression:
    return Suppression(
        zone=wanted.zone,
        application=wanted.application,
        address=comparable(wanted.address),
        reason=wanted.reason[:_REASON_CHARACTERS],
        source=wanted.source,
        created_at=now,
        expires_at=wanted.expires_at,
    )


_Place = tuple[int, UUID | None, str]


def _place(row: Suppression) -> _Place:
    return row.zone_id, row.application_id, row.address


def _entries(rows: Iterable[Suppression]) -> dict[_Place, Suppression]:
    """The entries that stand where `rows` want to stand, run out or not."""
    found = Suppression.objects.filter(
        zone__in={row.zone_id for row in rows}, address__in={row.address for row in rows}
    )
    return {_place(entry): entry for entry in found}


def _ends_later(row: Suppression, entry: Suppression) -> bool:
    return entry.expires_at is not None and (row.expires_at is None or row.expires_at > entry.expires_at)


class _Binding:
    """The standing entries for some addresses of a zone: one for the whole zone goes before one of an application."""

    def __init__(self, entries: Iterable[Suppression]) -> None:
        self._entries = {(entry.address, entry.application_id): entry for entry in entries}

    @property
    def is_empty(self) -> bool:
        return not self._entries

    def get(self, who: tuple[str, UUID | None]) -> Suppression | None:
        address, _ = who
        return self._entries.get((address, None)) or self._entries.get(who)


def _binding(zone_id: int, forms: Iterable[str]) -> _Binding:
    """Asked for every mail, and almost always in vain; so the question is written out, for composing it costs much more."""
    wanted = list(set(forms))
    if not wanted:
        return _Binding([])
    # One array: the driver takes longer to write a thousand parameters into a statement than the database to answer it.
    is_array = connection.vendor == "postgresql"
    among = "= ANY(%s)" if is_array else f"IN ({', '.join(['%s'] * len(wanted))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {Suppression._meta.db_table} WHERE zone_id = %s AND address {among}",  # noqa: S608 - our own table
            [zone_id, wanted] if is_array else [zone_id, *wanted],
        )
        found = [key for (key,) in cursor.fetchall()]
    return _Binding(standing().filter(pk__in=found) if found else [])
