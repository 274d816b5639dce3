"""Texts with blanks, as a mail merge has them: what stands between the blanks is read, checked and encoded once for all mails."""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

Part = TypeVar("Part", str, bytes)


class Template:
    """A text with blanks. `pieces` are what stands around its `blanks`, which are names: one more than there are of those."""

    def __init__(self, pieces: Sequence[str], blanks: Sequence[str]) -> None:
        assert len(pieces) == len(blanks) + 1
        self.pieces, self.blanks = tuple(pieces), tuple(blanks)

    def filled(self, values: Sequence[str]) -> "Filled":
        """The text with `values` in its blanks, in their order."""
        text = Filled("".join(interleaved(self.pieces, values)))
        text.template, text.values = self, tuple(values)
        return text

    @cached_property
    def octets(self) -> tuple[bytes, ...] | None:
        """The pieces in ASCII, their lines ended by CRLF; None where they cannot be encoded one by one."""
        if not all(piece.isascii() and "\0" not in piece for piece in self.pieces):
            return None
        if any(piece.endswith("\r") for piece in self.pieces[:-1]):
            return None  # what follows an empty blank may belong to this line end
        return tuple(with_crlf(piece).encode() for piece in self.pieces)

    @cached_property
    def longest_line(self) -> int:
        """Characters of the longest line, all blanks being empty."""
        return max(map(len, with_crlf("".join(self.pieces)).split("\r\n")))


class Filled(str):
    """A text that knows what it was made of."""

    template: Template
    values: tuple[str, ...]


def interleaved(pieces: Sequence[Part], values: Sequence[Part]) -> list[Part]:
    """The first piece, the first value, the second piece, and so on."""
    parts = list(pieces) + list(values)
    parts[::2], parts[1::2] = pieces, values
    return parts


def with_crlf(text: str) -> str:
    """`text` with each line end, CR or LF alone or both, as CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
