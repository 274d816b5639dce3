"""The HTTP client for code that keeps a database: its event loop runs in a thread of its own.

The calling thread waits for futures, so that the rows it reads and writes stay in one thread and no transaction is open
while a server takes its time.
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import uvloop

from lib.http import Answer, Client

RESOLVERS = 32


class BackgroundClient:
    """A Client whose event loop runs in a thread of its own: the calling thread keeps the database, and waits for futures."""

    def __init__(self) -> None:
        self._client = Client()
        self._loop = uvloop.new_event_loop()
        # Names are resolved in these threads: one name server that is slow to answer must not hold up all calls.
        self._loop.set_default_executor(ThreadPoolExecutor(RESOLVERS, "resolver"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="http", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._submit(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def post(
        self, url: str, *, content: bytes, headers: Mapping[str, str], timeout: float, limit: int
    ) -> "Future[Answer]":
        """As `Client.post`; the future raises Unreachable."""
        return self._submit(self._client.post(url, content=content, headers=headers, timeout=timeout, limit=limit))

    def _submit(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _close(self) -> None:
        """Give up what is still on its way, as where the calling thread failed."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.__aexit__()
