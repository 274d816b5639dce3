"""What people change by hand and every request asks for: read once in a while, not once for each request.

A change is seen at once by the web processes, which are forked from one (`forget_with`), and by every process after
EPM_CONFIGURATION_SECONDS. What is not there, or raises, is not remembered: what was just made is there at once.
"""

import mmap
import os
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

Asked = TypeVarTuple("Asked")
Answer = TypeVar("Answer")

MOST = 10_000
"""Answers remembered of one function; then all are forgotten."""
_SIZE = 8
_state = mmap.mmap(-1, _SIZE)
"""Random octets that change whenever something must be read anew. Processes forked from this one share them."""


def remembered(read: Callable[[*Asked], Answer]) -> Callable[[*Asked], Answer]:
    """`read`, which is asked again only when its last answer to the same arguments has grown old."""
    memory: dict[Any, tuple[bytes, float, Answer]] = {}

    @wraps(read)
    def ask(*asked: *Asked) -> Answer:
        now, state = time.monotonic(), _state[:]
        known = memory.get(asked)
        if known is not None and known[0] == state and now < known[1]:
            return known[2]
        answer = read(*asked)
        if answer is not None:
            if len(memory) >= MOST:
                memory.clear()
            memory[asked] = state, now + settings.EPM_CONFIGURATION_SECONDS, answer
        return answer

    return ask


def forget(*unused: Any, **also_unused: Any) -> None:
    """Read everything anew."""
    _state[:] = os.urandom(_SIZE)


def forget_with(changed: Iterable[type[models.Model]]) -> None:
    """Forget everything whenever a row of `changed` is saved or deleted, or what it is linked with changes."""
    for model in changed:
        for signal in (post_save, post_delete):
            signal.connect(_forget_now_and_after_the_commit, sender=model)
        for field in model._meta.many_to_many:
            m2m_changed.connect(_forget_now_and_after_the_commit, sender=field.remote_field.through)


def _forget_now_and_after_the_commit(*unused: Any, **also_unused: Any) -> None:
    forget()
    # Until then other processes read, and remember, what was before.
    transaction.on_commit(forget)
