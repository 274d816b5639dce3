"""Finding mail by what a person has at hand: a key, an address, a name, words of the subject, a day.

Keys and whole addresses go through an index. Other words are looked for in the newest mails only, which is up to the list
(`looking.py`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Self, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date

from email_processor.models import DeliveryReceipt, InboundMessage, Message, Recipient, Session
from epm.console.filters import earliest_id_after
from epm.console.links import change_url, list_url
from epm.validation import split_address
from lib.ids import earliest_id

WAYS = "Address, name, words of the subject, a day (2026-11-17), or any id"

M = TypeVar("M", Message, Recipient)

_FEW = 1_000
_MANY_WORDS = 10
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person typed. `addresses` are whole ones that some mail went to; what is neither that nor a day is a word."""

    addresses: frozenset[str]
    words: tuple[str, ...]
    day: date | None

    @classmethod
    def read(cls, term: str) -> Self:
        addresses, words = set[str](), list[str]()
        for word in _words(term):
            forms = _forms(word)
            if forms and Recipient.objects.filter(address__in=forms).exists():
                addresses |= forms
            elif _day(word) is None:
                words.append(word)
        return cls(frozenset(addresses), tuple(words), day_in(term))


def find(request: HttpRequest) -> HttpResponse:
    """To the one row that `q` names, else to the list of the recipients that it may mean."""
    term = request.GET.get("q", "").replace("\0", "").strip()
    row = _row_with_id(as_uuid(term)) or _only(messages_with_key(term)) or _only(recipients_asked(term))
    return redirect(change_url(row) if row else list_url(Recipient, urlencode({"q": term})))


def messages_with_key(term: str) -> "QuerySet[Message]":
    """The messages with the id, Message-ID, envid or ucid `term`; each is looked up by its index, one after the other."""
    if (id := as_uuid(term)) is not None:
        of_recipient = Recipient.objects.filter(pk=id).values_list("message", flat=True)
        of_envid = Message.objects.filter(envid=term).values_list("pk", flat=True)
        return Message.objects.filter(pk__in={id, *of_recipient, *of_envid[:_FEW]})
    if "@" in term:
        return Message.objects.filter(message_id_header=f"<{term.strip('<>')}>")
    by_envid = Message.objects.filter(envid=term)
    return by_envid if by_envid.exists() else Message.objects.filter(ucid=term).exclude(ucid="")


def messages_asked(messages: "QuerySet[Message]", term: str) -> "QuerySet[Message]":
    """Those of `messages` that `term` names, or has words of."""
    named = messages_with_key(term)
    if named.exists():
        return messages.filter(pk__in=named.values("pk"))
    asked = Asked.read(term)
    rows = _on(messages, asked)
    if asked.addresses:
        rows = rows.filter(pk__in=_to(asked.addresses).values("message"))
    mine = Recipient.objects.filter(message=OuterRef("pk"))
    for word in asked.words:
        to = Exists(mine.filter(Q(address__icontains=word) | Q(name__icontains=word)))
        rows = rows.filter(Q(subject__icontains=word) | Q(sender__icontains=word) | to)
    return rows


def recipients_of(recipients: "QuerySet[Recipient]", asked: Asked) -> "QuerySet[Recipient]":
    """Those of `recipients` that are meant."""
    rows = _on(recipients, asked)
    if asked.addresses:
        rows = rows.filter(pk__in=_to(asked.addresses).values("pk"))
    for word in asked.words:
        named = Q(address__icontains=word) | Q(name__icontains=word)
        rows = rows.filter(named | Q(message__subject__icontains=word))
    return rows


def recipients_asked(term: str) -> "QuerySet[Recipient]":
    """The recipients that a `term` with a whole address means; none without one."""
    asked = Asked.read(term)
    return recipients_of(Recipient.objects.all(), asked) if asked.addresses else Recipient.objects.none()


def is_indexed(term: str) -> bool:
    """Does `term` have what an index leads from?"""
    return messages_with_key(term).exists() or bool(Asked.read(term).addresses)


def recipients_named(term: str) -> "QuerySet[Recipient]":
    """The recipients with the address `term`, its domain in any case."""
    return _to(_forms(term))


def addresses_in(term: str) -> list[str]:
    """What looks like a whole address."""
    return [word for word in _words(term) if _forms(word)]


def day_in(term: str) -> date | None:
    """The day that stands in `term` as YYYY-MM-DD; None without one."""
    return next((day for word in _words(term) if (day := _day(word)) is not None), None)


def as_uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


def ids_in(term: str) -> list[UUID]:
    """The id that `term` is, if it is one."""
    id = as_uuid(term)
    return [] if id is None else [id]


def _row_with_id(id: UUID | None) -> "Message | Recipient | DeliveryReceipt | InboundMessage | Session | None":
    if id is None:
        return None
    for model in (Message, Recipient, DeliveryReceipt, InboundMessage, Session):
        if row := model._default_manager.filter(pk=id).first():
            return row
    return None


def _only(rows: "QuerySet[M]") -> M | None:
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


def _words(term: str) -> list[str]:
    words = (part.strip("<>,;()\"'") for part in term.split())
    return [word for word in words if any(map(str.isalnum, word))][:_MANY_WORDS]


def _forms(word: str) -> frozenset[str]:
    """The ways in which the address `word` may be stored, its domain always in lower case; none where it is no address."""
    local, domain = split_address(word)
    return frozenset({f"{local}@{domain}", f"{local.lower()}@{domain}"} if local and domain else ())


def _to(addresses: frozenset[str]) -> "QuerySet[Recipient]":
    return Recipient.objects.filter(address__in=addresses)


def _day(word: str) -> date | None:
    try:
        return parse_date(word) if _DAY.fullmatch(word) else None
    except ValueError:
        return None


def _on(rows: "QuerySet[M]", asked: Asked) -> "QuerySet[M]":
    """Those of the day asked for, in UTC, or of all; none where nothing is asked."""
    if asked.day is None:
        return rows if asked.addresses or asked.words else rows.none()
    midnight = datetime.combine(asked.day, time.min, UTC)
    return rows.filter(pk__gte=earliest_id(midnight), pk__lt=earliest_id_after(midnight))
