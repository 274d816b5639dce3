"""make bench-receipts: how many delivery reports a second are taken in, stored, matched, applied and made news.

First reading alone: milliseconds a mail, on the reports of real servers. Then everything, over SMTP and over LMTP with
PostgreSQL (fsync on): a listener process, a worker that consumes the queue `intake`, and a sender in this process share the
machine. The clock runs from the first connection to the commit of the last receipt, its Event and its notification. Then a
mailbox of Dovecot's, where that is installed: from its configuration on, until it is empty, and until all is settled.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

from bench.report import emit
from email_processor.inbound.classifying import read
from project.demo.instance import temporary_instance
from tests.dsn.test_hostile import HOSTILE

REPORTS = 6000
MAILBOX = 10_000
ROUNDS = 40
HOSTILE_ROUNDS = 5
SAMPLES = Path(__file__).parent.parent / "tests" / "dsn" / "samples"


def main() -> int:
    if "--here" in sys.argv:
        measure()
        return 0
    read_alone()
    here = [sys.executable, "-m", "bench.receipts", "--here"]
    return subprocess.run([sys.executable, "-m", "tests.real_servers", *here], check=False).returncode


def samples() -> list[bytes]:
    """The reports of real servers."""
    return [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]


def read_alone() -> None:
    mails, seconds = samples(), []
    for _ in range(ROUNDS):
        for raw in mails:
            started = time.process_time()
            read(raw)
            seconds.append(time.process_time() - started)
    emit("receipts", "classifying and reading one report, mean", 1000 * statistics.mean(seconds), "ms")
    emit("receipts", "reading the worst of hostile mails", 1000 * max(map(_shortest, HOSTILE.values())), "ms")


def _shortest(text: str) -> float:
    """Seconds of this process's own time that a mail takes, the machine's moods left out."""
    raw, seconds = text.encode(), []
    for _ in range(HOSTILE_ROUNDS):
        started = time.process_time()
        read(raw)
        seconds.append(time.process_time() - started)
    return min(seconds)


def measure() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="epm-bench-") as folder,
        temporary_instance(Path(folder), EPM_SWEEP_SECONDS="60", EPM_LOG_LEVEL="WARNING") as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        # Only now are the settings that this process reads those of the temporary instance.
        django.setup()
        from bench import receipts_run
        from tests.dovecot.server import missing

        with receipts_run.receiving(instance):
            for door in (receipts_run.SMTP, receipts_run.LMTP):
                taken, settled = receipts_run.take_in(instance, door, samples(), REPORTS)
                emit(
                    "receipts",
                    f"taken in and stored over {door.name}, while they are being settled",
                    taken,
                    "reports/s",
                )
                emit("receipts", f"taken in over {door.name}, matched, applied and made news", settled, "reports/s")
            if why := missing():
                print(f"no mailbox is read: {why}", file=sys.stderr)
                return
            mail = Path(folder) / "dovecot"
            mail.mkdir()
            Path(folder).chmod(0o755)
            emptied, settled = receipts_run.take_from_mailbox(instance, samples(), MAILBOX, mail)
            emit("receipts", f"a mailbox of {MAILBOX} reports emptied over IMAP, all stored", emptied, "s")
            emit("receipts", "… all matched, applied and made news", settled, "s")


if __name__ == "__main__":
    sys.exit(main())
