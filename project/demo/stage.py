"""Prints each station as it is reached, with its time, and remembers whether one was missed."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Missed(Exception):
    """A station the story did not reach; the message says which."""


class Stage:
    def __init__(self) -> None:
        self._start = time.monotonic()

    def scene(self, title: str) -> None:
        print(f"\n{title}", flush=True)

    def reached(self, station: str, detail: str = "") -> None:
        print(f"  {time.monotonic() - self._start:7.2f} s  ✓ {station}{f'  {detail}' if detail else ''}", flush=True)

    def expect(self, condition: Any, station: str, detail: str = "") -> None:
        """The station is reached if `condition` holds. Raises Missed otherwise."""
        if not condition:
            raise Missed(f"{station} ({detail})" if detail else station)
        self.reached(station, detail)

    def wait(self, look: Callable[[], T | None], station: str, timeout: float = 30) -> T:
        """Looks until there is something to see. Raises Missed where there is nothing in time (seconds)."""
        deadline = time.monotonic() + timeout
        while not (seen := look()):
            if time.monotonic() > deadline:
                raise Missed(f"{station}: nothing within {timeout:g} s")
            time.sleep(0.05)
        self.reached(station)
        return seen
