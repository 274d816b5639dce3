"""make fuzz-reports: damaged reports, by the thousand, through the reader. It must never raise, and never be slow.

python -m tests.dsn.fuzz --mails 1000000        the same mails each time for the same --seed
python -m tests.dsn.fuzz --seconds 300          as many as fit
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from email_processor.inbound.classifying import read
from email_processor.inbound.dsn.rows import rows

from .family_classics import CLASSICS
from .family_further import FURTHER
from .family_gateways import GATEWAYS
from .family_languages import LANGUAGES
from .family_prose import PROSE
from .family_providers import PROVIDERS
from .family_servers import SERVERS
from .family_shapes import SHAPES
from .family_short import SHORT

SAMPLES = Path(__file__).parent / "samples"
SLOW = 0.05
"""Seconds of this process's own time that one mail may take (the promise of dsn/limits.py)."""

PIECES = (
    b"\r\n", b"\n\n", b"\r", b"\0", b"--", b":", b";", b"<", b">", b"@", b"=?utf-8?b?/w==?=", b"=?", b"\xff\xfe", b"\xed\xa0\x80",
    b"Content-Type: multipart/report; boundary=b\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Action: failed\r\n", b"Final-Recipient: rfc822;", b"Status: 5.1.1\r\n", b"Disposition: ;", b"Feedback-Type: abuse\r\n",
    b"charset=\"", b"%s%n", b"5.", b"550 ", b"+2B", b" " * 500, b"(" * 200, b"\"" * 99,
)  # fmt: skip

Change = Callable[[random.Random, bytes], bytes]


def cut(chance: random.Random, raw: bytes) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def drop(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + raw[at + chance.randrange(200) :]


def repeat(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + raw[at : at + chance.randrange(400)] * chance.randrange(2, 6) + raw[at:]


def insert(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + chance.choice(PIECES) + raw[at:]


def flip(chance: random.Random, raw: bytes) -> bytes:
    damaged = bytearray(raw)
    for _ in range(chance.randrange(1, 20)):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def swap_lines(chance: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


CHANGES: tuple[Change, ...] = (cut, drop, repeat, insert, insert, flip, swap_lines)


def damaged(chance: random.Random, samples: list[bytes]) -> bytes:
    """One sample, or the head of one on the tail of another, changed in one to six places."""
    raw = chance.choice(samples)
    if chance.random() < 0.2:
        raw = cut(chance, raw) + chance.choice(samples)[chance.randrange(1000) :]
    for _ in range(chance.randrange(1, 7)):
        raw = chance.choice(CHANGES)(chance, raw)
    return raw


def reading(raw: bytes) -> float:
    """Seconds of this process's own time."""
    began = time.process_time()
    read(raw)
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, help="stop after so long, whatever --mails says")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    samples += [
        case.mail for case in (*CLASSICS, *SERVERS, *PROVIDERS, *PROSE, *LANGUAGES, *GATEWAYS, *SHORT, *FURTHER)
    ]
    samples += [shape.mail for shape in SHAPES]
    chance, until = random.Random(options.seed), time.monotonic() + (options.seconds or float("inf"))
    count, slowest = 0, 0.0
    while time.monotonic() < until if options.seconds else count < options.mails:
        raw = damaged(chance, samples)
        try:
            took = reading(raw)
            if took > SLOW:  # or was the machine?
                took = min(reading(raw) for _ in range(3))
            if count % 10 == 0:
                rows(raw)
        except Exception:
            print(f"mail {count} of seed {options.seed} breaks the reader:\n{raw!r}", file=sys.stderr)
            raise
        if took > max(SLOW, slowest):
            print(f"mail {count} of seed {options.seed} takes {took:.3f} s", file=sys.stderr)
        count, slowest = count + 1, max(slowest, took)
    print(f"{count} damaged reports read, none raised, the slowest took {1000 * slowest:.1f} ms")
    return int(slowest > SLOW)


if __name__ == "__main__":
    sys.exit(main())
