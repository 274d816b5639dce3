"""How many connections each web process holds, seen by all: they are forked from one and share the memory.

The system wakes whichever process it likes for a new connection, and often the same one again and again.
"""

import mmap

MOST = 256
"""Web processes that can be told apart."""
_held = memoryview(mmap.mmap(-1, 4 * MOST)).cast("I")
"""One more than the connections of the process to which a place belongs; 0: to nobody."""


class Part:
    """What one process holds. Made, and given up, by the process from which they are forked."""

    def __init__(self) -> None:
        self._place = next((place for place in range(MOST) if not _held[place]), None)
        self.holds(0)

    def holds(self, connections: int) -> None:
        """Tell the others."""
        if self._place is not None:
            _held[self._place] = 1 + connections

    def is_larger_than_another(self) -> bool:
        """Does any process hold fewer connections?"""
        return self._place is not None and any(0 < held < _held[self._place] for held in _held.tolist())

    def give_up(self) -> None:
        """The process takes no more connections, or has ended."""
        if self._place is not None:
            _held[self._place] = 0
            self._place = None
