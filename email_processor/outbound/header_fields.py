"""Header fields: folding (RFC 5322 2.2.3), encoded words (RFC 2047) and long parameters (RFC 2231)."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from email_processor.outbound.addresses import wire_address
from email_processor.outbound.submission import Mailbox

_WISHED_LINE, _LONGEST_LINE = 78, 998
_WORD = re.compile(r"[ \t]*[^ \t]+")
_PHRASE_OF_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_PLAIN_PARAMETER = re.compile(r"[ !#-\[\]-~]{1,60}\Z")
# 36 octets make an encoded word of 60 characters: with a field's name before it, still in the 76 of a line (RFC 2047 2).
_ENCODED_WORD_OCTETS = 36
_PARAMETER_PIECE = 60


def text_field(name: str, value: str) -> str:
    """One folded field of free text, which takes any text there is."""
    if len(value) > _WISHED_LINE and value.isascii() and any(len(word) > _WISHED_LINE for word in value.split()):
        return _folded(name, _encoded_words(value))
    return field(name, value)


def field(name: str, value: str) -> str:
    """One folded field as the caller wrote it. Raises ValueError where a word is longer than a line may be."""
    value = value.strip(" \t")
    if not value.isascii() or "=?" in value:
        return _folded(name, _encoded_words(value))
    line = f"{name}: {value}\r\n"
    if len(line) <= _WISHED_LINE + 2:
        return line
    words = _WORD.findall(value)
    if max(map(len, words)) + len(name) + 2 > _LONGEST_LINE:
        raise ValueError(f"the header {name} has a word that is longer than the {_LONGEST_LINE} octets of a line")
    return _folded(name, words)


def addresses_field(name: str, mailboxes: Iterable[Mailbox]) -> str:
    """One folded field of mailboxes. Raises ValueError for an address that cannot be put on the wire."""
    written = [_mailbox(mailbox) for mailbox in mailboxes]
    words = [f" {word}" for text in (*(f"{w}," for w in written[:-1]), *written[-1:]) for word in text.split("\n")]
    return _folded(name, words)


def parameter(name: str, value: str) -> str:
    """`; name="value"` on a line of its own, in the long form of RFC 2231 3 and 4 where it does not fit the short one."""
    if _PLAIN_PARAMETER.match(value):
        return f';\r\n {name}="{value}"'
    pieces = list(_percent_pieces(value))
    if len(pieces) == 1:
        return f";\r\n {name}*=utf-8''{pieces[0]}"
    return "".join(
        f";\r\n {name}*{number}*={'' if number else 'utf-8' + chr(39) * 2}{piece}"
        for number, piece in enumerate(pieces)
    )


def _folded(name: str, words: Iterable[str]) -> str:
    """The words, each with the white space before it, on as many lines as it takes."""
    lines, line = [], f"{name}:"
    for number, word in enumerate(words):
        piece = f" {word.lstrip()}" if number == 0 else word
        # Lines count in characters: only UTF-8 addresses are longer in octets, and they are far from the limit.
        if number and len(line) + len(piece) > _WISHED_LINE:
            lines.append(line)
            line = ""
        line += piece
    return "\r\n".join([*lines, line]) + "\r\n"


def _mailbox(mailbox: Mailbox) -> str:
    """A mailbox; where it may be folded there is a line feed instead of the space."""
    address = wire_address(mailbox.address)
    return f"{_phrase(mailbox.name)}\n<{address}>" if mailbox.name else address


def _phrase(name: str) -> str:
    """A display name: as it is, quoted, or in encoded words (RFC 2047 5, rule 3)."""
    name = " ".join(name.split())
    if not name.isascii() or "=?" in name or len(name) > _WISHED_LINE:
        return "\n".join(word.lstrip() for word in _encoded_words(name))
    if _PHRASE_OF_ATOMS.match(name):
        return name
    return '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))


def _encoded_words(text: str) -> list[str]:
    return [f" =?utf-8?b?{b64encode(piece).decode()}?=" for piece in _octet_pieces(text, _ENCODED_WORD_OCTETS)]


def _octet_pieces(text: str, size: int) -> Iterator[bytes]:
    """UTF-8 in pieces of at most `size` octets that break no character."""
    piece = b""
    for character in text:
        octets = character.encode()
        if len(piece) + len(octets) > size:
            yield piece
            piece = b""
        piece += octets
    yield piece


def _percent_pieces(value: str) -> Iterator[str]:
    """The value percent-encoded, in pieces that break no %XX."""
    piece = ""
    for character in value:
        encoded = quote(character, safe="!#$&+-.^_`|~")
        if len(piece) + len(encoded) > _PARAMETER_PIECE:
            yield piece
            piece = ""
        piece += encoded
    yield piece
