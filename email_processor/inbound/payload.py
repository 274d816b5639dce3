"""The `receipt` of contract.md 6, as events, notifications and callers see it."""

from datetime import UTC, datetime
from typing import Any

from email_processor.models import DeliveryReceipt

_TEXTS = (
    "action",
    "status",
    "diagnostic",
    "reason",
    "explanation",
    "reporting_mta",
    "remote_mta",
    "final_recipient",
    "original_recipient",
)
_TIMES = ("arrival", "last_attempt", "will_retry_until")


def receipt_payload(receipt: DeliveryReceipt) -> dict[str, Any]:
    """Ready for JSON: times in RFC 3339 and UTC, null where the report names none."""
    return {
        "id": str(receipt.pk),
        **{name: getattr(receipt, name) for name in _TEXTS},
        **{name: _time(getattr(receipt, name)) for name in _TIMES},
        "evidence": receipt.evidence,
        "matched_by": receipt.matched_by,
    }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
