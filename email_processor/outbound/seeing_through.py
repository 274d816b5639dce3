"""When the database goes away while mails are on the wire: what comes of them is taken in, kept, and written once it is back.

Without this every mail in the air would be in doubt; with it only those are whose answer never came.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from lib import stopping

log = logging.getLogger(__name__)
T = TypeVar("T")

AWAY = (OperationalError, InterfaceError)
"""The database cannot be reached, or has thrown us out."""
PATIENCE, PATIENCE_WHEN_STOPPING = 900.0, 15.0
"""Seconds that results are kept for a database that does not come back: longer than any server is waited for."""
_EVERY = 0.2


def see_through(
    unwritten: list[T],
    *,
    collect: Callable[[float], list[T]],
    is_busy: Callable[[], bool],
    write: Callable[[list[T]], None],
) -> None:
    """Until nothing is on the wire and nothing `unwritten`: `collect` (waiting up to so many seconds) and try to `write`.

    Raises what the database raised last where it stays away for too long.
    """
    since = time.monotonic()
    while True:
        unwritten = [*unwritten, *collect(_EVERY)]
        try:
            connection.close_if_unusable_or_obsolete()
            write(unwritten)
            unwritten = []
            if not is_busy():
                return
        except AWAY:
            if time.monotonic() - since > (PATIENCE_WHEN_STOPPING if stopping.is_asked() else PATIENCE):
                log.error("the database stays away; what came of %d mails is lost, they are in doubt", len(unwritten))
                raise
