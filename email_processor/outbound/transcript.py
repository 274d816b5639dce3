"""What was said on the wire, kept as it was said and put into words only when it is written down.

Secrets never get here: whoever logs in notes that it did, not with what. Of a mail's content only its size is noted.
"""

from collections.abc import Iterable

US, SERVER, ASIDE = "C: ", "S: ", "-- "
"""Who said it; an aside is in our own words."""
LONGEST_LINE, LONGEST = 512, 8_000
"""Characters of one line (RFC 5321 4.5.3.1.5: replies have no more) and of a whole transcript."""
MASKED = b"********"

Spoken = tuple[str, bytes]
"""Who, and the octets: several lines, or a piece of one. A line ends with CRLF."""


def in_words(spoken: Iterable[Spoken]) -> str:
    """A transcript as text, each line marked with who said it. Of one that is too long the middle is left out."""
    text = "\n".join([_marked(who, said) for who, said in _whole(spoken)]).replace("\0", "")
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n{ASIDE}{len(text) - 2 * half} characters are left out\n{text[-half:]}"


def _whole(spoken: Iterable[Spoken]) -> Iterable[Spoken]:
    """What one of them said piece by piece, put together."""
    speaker, pieces = "", list[bytes]()
    for who, said in spoken:
        if who != speaker and pieces:
            yield speaker, b"".join(pieces)
            pieces = []
        speaker = who
        pieces.append(said)
    if pieces:
        yield speaker, b"".join(pieces)


def _marked(who: str, said: bytes) -> str:
    text = said.decode("utf-8", "replace").rstrip("\r\n").replace("\r", "")
    if len(text) > LONGEST_LINE:
        text = "\n".join(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in text.split("\n"))
    return who + text.replace("\n", f"\n{who}")
