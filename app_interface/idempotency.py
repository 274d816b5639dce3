"""Asked twice, done once (contract.md 5): a caller's key stands for one request, whichever door it comes through."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.models import IdempotencyKey
from app_interface.problems import Problem

KEPT = timedelta(hours=24)
LONGEST_CALL = timedelta(seconds=90)
"""No operation runs longer: a call that is open for longer has died with its process."""

Answer = dict[str, Any]


def fingerprint(operation: str, asked: Any) -> str:
    """A digest of what was asked: equal for equal requests, whichever door wrote them down in whichever syntax."""
    text = json.dumps([operation, asked], default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def answered(caller: Caller, key: str, digest: str) -> Answer | None:
    """The answer that a finished call under `key` got; None where there is none. Raises idempotency_conflict, in_progress."""
    row = _known(caller, key) if key else None
    return _answer_of(row, digest) if row else None


def once(caller: Caller, key: str, digest: str, run: Callable[[], Answer]) -> Answer:
    """Run `run` and keep its answer in one commit; a repeat gets that answer. Without a key it simply runs.

    Concurrent repeats wait for the first: its row has the key. Raises idempotency_conflict, and what `run` raises, whereupon
    the key is free again.
    """
    if not key:
        return run()
    with transaction.atomic():
        row, is_first = _entered(caller, key, digest)
        if not is_first:
            return _answer_of(row, digest)
        row.answer = run()
        row.save(update_fields=["answer"])
        return row.answer


def once_outside(caller: Caller, key: str, digest: str, run: Callable[[], Answer]) -> Answer:
    """As `once`, for a `run` that calls the network and must not be inside a transaction.

    The key is committed first, so that a repeat meanwhile is told in_progress instead of waiting.
    """
    if not key:
        return run()
    with transaction.atomic():
        row, is_first = _entered(caller, key, digest)
    if not is_first:
        return _answer_of(row, digest)
    try:
        row.answer = run()
    except BaseException:
        row.delete()
        raise
    row.save(update_fields=["answer"])
    return row.answer


def _entered(caller: Caller, key: str, digest: str) -> tuple[IdempotencyKey, bool]:
    now = timezone.now()
    mine = IdempotencyKey.objects.filter(credential=caller.credential, key=key)
    mine.filter(_lapsed(now)).delete()
    return mine.get_or_create(
        credential=caller.credential, key=key, defaults={"fingerprint": digest, "created_at": now}
    )


def _known(caller: Caller, key: str) -> IdempotencyKey | None:
    mine = IdempotencyKey.objects.filter(credential=caller.credential, key=key)
    return mine.exclude(_lapsed(timezone.now())).first()


def _lapsed(now: datetime) -> models.Q:
    died = models.Q(answer__isnull=True, created_at__lt=now - LONGEST_CALL)
    return died | models.Q(created_at__lt=now - KEPT)


def _answer_of(row: IdempotencyKey, digest: str) -> Answer:
    if row.fingerprint != digest:
        raise Problem(
            "idempotency_conflict", "This idempotency key came before with another request.", field="idempotencyKey"
        )
    if row.answer is None:
        raise Problem("in_progress", "The first call with this idempotency key is still running.", retry_after=1)
    answer: Answer = row.answer
    return answer


def _plain(value: Any) -> Any:
    """What JSON cannot say by itself."""
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return str(value)
