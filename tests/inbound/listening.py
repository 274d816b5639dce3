"""A listener in a thread of its own, for tests that speak to it over real sockets."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import uvloop

from email_processor.inbound.listener import Listener


@contextmanager
def running_listener(tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """Listens on free ports of loopback: `smtp_port` and `lmtp_port`."""
    started: Future[tuple[Listener, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=_live, args=(started, tls), name="listener", daemon=True)
    thread.start()
    listener, loop, stop = started.result()
    try:
        yield listener
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _live(
    started: "Future[tuple[Listener, asyncio.AbstractEventLoop, asyncio.Event]]", tls: ssl.SSLContext | None
) -> None:
    async def live() -> None:
        stop = asyncio.Event()
        async with Listener("127.0.0.1", 0, 0, tls=tls) as listener:
            started.set_result((listener, asyncio.get_running_loop(), stop))
            await stop.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(live())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)
