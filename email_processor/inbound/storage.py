"""The database seen from the event loop: one thread with one connection, and one commit for mails that arrive together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from email_processor.inbound import intake
from email_processor.inbound.intake import Arrival
from email_processor.inbound.routes import Directory

LOOK_UP_SECONDS = 3
"""How old the Directory may be that recipients are judged by."""

COMMIT_TOGETHER = 200
"""At most so many rows share a commit."""

SOUND_SECONDS = 0.5
"""So long after it last did what was asked of it, a connection is taken to be sound without asking."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    committed: "asyncio.Future[None]"


class Storage:
    """To be used within one event loop, and closed in the end."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="storage")
        self._waiting: list[_Waiting] = []
        self._committing: asyncio.Task[None] | None = None
        self._directory: Directory | None = None
        self._directory_at = 0.0
        self._sound_at = float("-inf")

    async def directory(self) -> Directory:
        """What mail is taken for, at most LOOK_UP_SECONDS old. Raises django.db.Error where it cannot be read."""
        if self._directory is None or time.monotonic() - self._directory_at > LOOK_UP_SECONDS:
            self._directory = await self._in_thread(Directory.read)
            self._directory_at = time.monotonic()
        return self._directory

    async def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Return when all `arrivals` of one mail are committed. Raises django.db.Error where none of them is stored."""
        waiting = _Waiting(arrivals, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_waiting())
        await waiting.committed

    async def close(self) -> None:
        """Finish what waits, and let the thread and its connection go."""
        if self._committing is not None:
            await self._committing
        await self._in_thread(connections.close_all)
        self._thread.shutdown()

    async def _commit_waiting(self) -> None:
        # What arrives during one commit shares the next: the slower the disk, the larger the groups.
        while self._waiting:
            await self._commit(self._next_group())

    def _next_group(self) -> list[_Waiting]:
        rows = count = 0
        while count < len(self._waiting) and rows < COMMIT_TOGETHER:
            rows += len(self._waiting[count].arrivals)
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        try:
            arrivals = [arrival for one in group for arrival in one.arrivals]
            await self._in_thread(lambda: intake.keep(arrivals))
        except Exception as error:
            if len(group) > 1 and not _is_ill(error):
                # One mail that cannot be stored must not refuse its neighbours.
                for one in group:
                    await self._commit([one])
                return
            _answer(group, error)
        else:
            _answer(group, None)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._on_a_sound_connection, work)

    def _on_a_sound_connection(self, work: Callable[[], T]) -> T:
        if time.monotonic() - self._sound_at > SOUND_SECONDS:
            close_old_connections()
        self._sound_at = float("-inf")
        result = work()
        self._sound_at = time.monotonic()
        return result


def _is_ill(error: Exception) -> bool:
    """The database itself, not what was to be stored."""
    return isinstance(error, OperationalError | InterfaceError)


def _answer(group: Sequence[_Waiting], error: Exception | None) -> None:
    for one in group:
        if one.committed.done():  # the sender hung up
            continue
        if error is None:
            one.committed.set_result(None)
        else:
            one.committed.set_exception(error)
