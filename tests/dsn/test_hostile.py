"""Anyone may send a report: nothing raises, nothing takes long, nothing grows out of proportion."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from email_processor.inbound.classifying import Kind, classify
from email_processor.inbound.dsn import limits, parse
from email_processor.inbound.dsn.rows import rows

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))
RAW = [path.read_bytes() for path in SAMPLES]
DAEMON = "From: MAILER-DAEMON@x\nReturn-Path: <>\nSubject: failure notice\n"
REPORT = (
    "From: MAILER-DAEMON@x\nSubject: Returned mail\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: message/delivery-status\n\n"
)
BLOCK = (
    "Final-Recipient: rfc822; u{0}@example{0}.com\nAction: failed\nStatus: 5.0.0\n"
    "Diagnostic-Code: smtp; 550 {0} the mailbox is unavailable\nLast-Attempt-Date: Sun, 22 Nov 2026 10:00:00 +0000\n\n"
)
CALLS, MEGABYTES = 400_000, 20
"""Far above what is counted, far below what a bad algorithm needs. `make bench-receipts` takes the time of the slowest."""

HOSTILE = {
    "ten thousand recipients": REPORT + "Reporting-MTA: dns; x\n\n" + "".join(map(BLOCK.format, range(10_000))),
    "a thousand nested multiparts": DAEMON
    + "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(1_000)),
    "one boundary nested": DAEMON + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 20_000,
    "nested mails": DAEMON + "Content-Type: message/rfc822\n\n" * 50_000,
    "fifty megabytes": DAEMON + "\n" + "could not be delivered\n" * 2_200_000,
    "boundaries only": REPORT + "\n--b" * 500_000,
    "many parts": DAEMON + "Content-Type: multipart/mixed; boundary=b\n" + "\n--b\n\nx" * 100_000,
    "at signs": DAEMON + "\n" + "a@" * 500_000,
    "angles": DAEMON + "\n" + "<" * 1_000_000,
    "quotes": DAEMON + "\n" + '"' * 1_000_000,
    "dots": DAEMON + "\n" + "5.1.1." * 150_000,
    "blanks": DAEMON + "\n" + " \t\n" * 300_000,
    "a long list": DAEMON + "\n" + "".join(f"<u{n}@example.com>\n" for n in range(50_000)),
    "a long dialogue": DAEMON + "\n" + "RCPT TO:<u@example.com>\n" * 40_000,
    "html tags": DAEMON + "Content-Type: text/html\n\n" + "<p " * 300_000,
    "parameters": DAEMON + "Content-Type: multipart/report" + ';a="' * 250_000 + "\n\nx",
    "encoded words": "From: a@b\nSubject: " + "=?" * 400_000 + "\n\nx",
    "headers": DAEMON + "X: y\n" * 200_000 + "\nx",
    "json": "From: a@b\n\n" + '{"notificationType":' + "[" * 900_000,
    "xtext": REPORT + "Final-Recipient: rfc822; " + "+2B" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_does_little_work_on_hostile_mail(name: str) -> None:
    raw = HOSTILE[name].encode()
    assert calls_while(lambda: classify(raw)) < CALLS


def calls_while(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own among them."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_it_stays_small_on_hostile_mail(name: str) -> None:
    raw = HOSTILE[name].encode()
    tracemalloc.start()
    try:
        classify(raw)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTES * 1_000_000
    finally:
        tracemalloc.stop()


def test_it_says_that_it_did_not_read_all_recipients() -> None:
    report = parse(HOSTILE["ten thousand recipients"].encode())
    assert report is not None
    assert (len(report.recipients), report.truncated) == (limits.RECIPIENTS, True)


@pytest.mark.parametrize("raw", RAW, ids=[path.stem for path in SAMPLES])
def test_it_never_raises_wherever_a_report_is_cut(raw: bytes) -> None:
    for end in range(0, len(raw), 5):
        assert classify(raw[:end]) in Kind


@pytest.mark.parametrize("raw", RAW[:2], ids=[path.stem for path in SAMPLES[:2]])
def test_it_never_raises_at_any_single_byte(raw: bytes) -> None:
    assert all(isinstance(rows(raw[:end]), list) for end in range(len(raw)))


def test_it_still_reads_a_report_cut_within_the_returned_mail() -> None:
    raw = RAW[0]
    assert parse(raw[: raw.index(b"text/rfc822-headers")]) is not None


mutations = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["drop", "twice", "swap"]), st.binary(max_size=12)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(raw=st.sampled_from(RAW), changes=mutations)
def test_it_never_raises_on_damaged_reports(raw: bytes, changes: list[tuple[float, str, bytes]]) -> None:
    for place, change, junk in changes:
        at = int(place * len(raw))
        middle = {"drop": b"", "twice": raw[at : at + 200] * 2, "swap": junk}[change]
        raw = raw[:at] + middle + raw[at + len(junk) :]
    assert classify(raw) in Kind


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=400))
def test_it_never_raises_on_noise(raw: bytes) -> None:
    assert classify(raw) in Kind


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=300), encoding=st.sampled_from(["utf-8", "utf-16", "utf-7"]))
def test_it_never_raises_on_any_status_part(text: str, encoding: str) -> None:
    assert classify(REPORT.encode() + text.encode(encoding, "replace")) in Kind
