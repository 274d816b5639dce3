"""Stopping politely: a worker that is asked to stop finishes what is on the wire and takes nothing new.

Loops that go on while there is due work look at `is_asked`. What they have claimed and not begun falls due again by itself.
"""

import os
import signal
from threading import Event
from typing import Any

_asked = Event()


def is_asked() -> bool:
    """Has this process been asked to stop?"""
    return _asked.is_set()


def listen() -> None:
    """Let SIGTERM ask this process to stop, instead of ending it between a mail's last dot and the answer."""
    signal.signal(signal.SIGTERM, _ask)


def ignore() -> None:
    """Let SIGTERM do nothing: whoever owns this process will tell it to end once it is idle."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def pass_on(processes: list[int]) -> None:
    """Ask other processes, by their ids."""
    for process in processes:
        os.kill(process, signal.SIGTERM)


def _ask(number: int, frame: Any) -> None:
    _asked.set()
