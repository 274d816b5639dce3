"""Proof that no receipt was altered or removed: each application's receipts form a chain of hashes.

Sealing is a task of its own and in order, so that taking in never waits for a chain. The canonical form of a receipt is JSON
of all its columns but `sealed`; a link's hash is SHA-256 over the link before, its number, the receipt's id, the hash of that
form and the hash of the raw mail. docs/decisions/0051-receipts-are-sealed-in-order.md says why.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from email_processor.models import DeliveryReceipt, ReceiptSeal
from lib import bulk, stopping

NOBODY = UUID(int=0)
"""The chain of receipts that belong to no application."""

TOGETHER = 500
_COLUMNS = tuple(field.attname for field in DeliveryReceipt._meta.concrete_fields if field.name != "sealed")
_READ = (*_COLUMNS, "sealed", "inbound__raw")
_LINK = ("chain", "number", "receipt", "content", "raw", "hash", "sealed_at")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """What verifying a chain found; `broken` names its first broken link and why, empty where all is as it was sealed.

    `changed` are the receipts that are not what their first link says: changed on purpose, or as if on purpose.
    """

    application: UUID
    links: int
    head: str
    broken: str = ""
    changed: tuple[UUID, ...] = ()


def seal_due() -> int:
    """Seal every receipt that is not yet in its chain as it stands; answers how many."""
    sealed = 0
    while not stopping.is_asked() and (count := _seal_some()):
        sealed += count
    return sealed


def _seal_some() -> int:
    with transaction.atomic():
        waiting = DeliveryReceipt.objects.select_for_update(of=("self",)).filter(sealed=False).order_by("pk")
        rows = list(waiting.values(*_READ)[:TOGETHER])
        heads = _heads({_chain_of(row) for row in rows})
        bulk.insert(ReceiptSeal, _LINK, list(_links(rows, heads, timezone.now())))
        DeliveryReceipt.objects.filter(pk__in=[row["id"] for row in rows]).update(sealed=True)
    return len(rows)


def _heads(chains: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    """Number and hash of the last link of each chain."""
    last = {chain: ReceiptSeal.objects.filter(chain=chain).order_by("-number").first() for chain in chains}
    return {chain: (link.number, link.hash) if link else (0, "") for chain, link in last.items()}


def _links(rows: Iterable[Row], heads: dict[UUID, tuple[int, str]], now: datetime) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        chain, content, raw = _chain_of(row), _content(row), _raw(row)
        number, before = heads[chain]
        hash = _hash(before, number + 1, row["id"], content, raw)
        heads[chain] = (number + 1, hash)
        yield chain, number + 1, row["id"], content, raw, hash, now


def _chain_of(row: Row) -> UUID:
    return row["application_id"] or NOBODY


def _content(row: Row) -> str:
    form = [[name, _plain(row[name])] for name in _COLUMNS]
    return hashlib.sha256(json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _raw(row: Row) -> str:
    return hashlib.sha256(row["inbound__raw"]).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, UUID) else value


def _hash(before: str, number: int, receipt: UUID, content: str, raw: str) -> str:
    return hashlib.sha256(f"{before}\n{number}\n{receipt}\n{content}\n{raw}".encode()).hexdigest()


def verify() -> Iterator[Chain]:
    """Go along every chain, oldest link first. Reads each link and each receipt once."""
    for chain in ReceiptSeal.objects.order_by("chain").values_list("chain", flat=True).distinct():
        yield _verify(chain)


def unsealed() -> int:
    """How many receipts wait to be sealed."""
    return DeliveryReceipt.objects.filter(sealed=False).count()


def unlinked() -> Iterator[UUID]:
    """The receipts that count as sealed and are in no chain: put in past this platform, or their links were taken away."""
    links = ReceiptSeal.objects.filter(receipt=OuterRef("pk"))
    found = DeliveryReceipt.objects.filter(~Exists(links), sealed=True).order_by("pk")
    return found.values_list("pk", flat=True).iterator()


def _verify(chain: UUID) -> Chain:
    number, head = 0, ""
    changed: dict[UUID, None] = {}
    while links := list(ReceiptSeal.objects.filter(chain=chain, number__gt=number).order_by("number")[:TOGETHER]):
        rows, newest = _now({link.receipt for link in links}), _newest({link.receipt for link in links})
        for link in links:
            why = _fault(link, number, head) or _change(link, rows.get(link.receipt), newest)
            if why:
                return Chain(chain, number, head, f"link {link.number}, receipt {link.receipt}: {why}", tuple(changed))
            if newest[link.receipt] != link.pk or not rows[link.receipt]["sealed"]:
                changed[link.receipt] = None
            number, head = link.number, link.hash
    return Chain(chain, number, head, changed=tuple(changed))


def _fault(link: ReceiptSeal, number: int, head: str) -> str:
    if link.number != number + 1:
        return f"the link {number + 1} before it is missing"
    is_ours = link.hash == _hash(head, link.number, link.receipt, link.content, link.raw)
    return "" if is_ours else "the link itself was altered, or the one before it"


def _change(link: ReceiptSeal, row: Row | None, newest: Mapping[UUID, int]) -> str:
    """A receipt that was changed on purpose counts as its newest link says, or not until it is sealed again."""
    if row is None:
        return "the receipt was removed"
    if _raw(row) != link.raw:
        return "the raw mail was altered"
    if not row["sealed"] or newest[link.receipt] != link.pk or _content(row) == link.content:
        return ""
    return "the receipt was altered"


def _now(receipts: Iterable[UUID]) -> dict[UUID, Row]:
    return {row["id"]: row for row in DeliveryReceipt.objects.filter(pk__in=receipts).values(*_READ)}


def _newest(receipts: Iterable[UUID]) -> dict[UUID, int]:
    found = ReceiptSeal.objects.filter(receipt__in=receipts).order_by().values_list("receipt")
    return dict(found.annotate(newest=Max("id")))
