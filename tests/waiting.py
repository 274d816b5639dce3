"""Waiting for what another process does: as short as possible, and never for ever."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_pause = threading.Event()


def eventually(look: Callable[[], T | None], what: str, *, timeout: float = 60, log: Callable[[], str] = str) -> T:
    """What `look` sees, as soon as it sees something. Raises AssertionError with `log` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what}: nothing within {timeout:g} s\n{log()[-3000:]}"
        _pause.wait(0.05)
    return seen
