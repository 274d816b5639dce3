"""make bench-receipts: how many delivery reports a second are taken in, stored, matched, applied and made news.

First reading alone: milliseconds a mail, on the reports of real servers. Then everything, over SMTP with PostgreSQL (fsync
on): a listener process, a worker that consumes the queue `intake`, and a sender in this process share the machine. The clock
runs from the first connection to the commit of the last receipt, its Event and its notification.
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
from project.demo.instance import temporary_instance

REPORTS = 6000
ROUNDS = 40
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
    from email_processor.inbound.classifying import read

    mails, seconds = samples(), []
    for _ in range(ROUNDS):
        for raw in mails:
            started = time.perf_counter()
            read(raw)
            seconds.append(time.perf_counter() - started)
    emit("receipts", "classifying and reading one report, mean", 1000 * statistics.mean(seconds), "ms")


def measure() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="epm-bench-") as folder,
        temporary_instance(Path(folder), EPM_SWEEP_SECONDS="60", EPM_LOG_LEVEL="WARNING") as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        # Only now are the settings that this process reads those of the temporary instance.
        django.setup()
        from bench import receipts_run

        taken, settled = receipts_run.take_in(instance, samples(), REPORTS)
    emit("receipts", "taken in and stored over SMTP, while they are being settled", taken, "reports/s")
    emit("receipts", "taken in, matched, applied and made news", settled, "reports/s")


if __name__ == "__main__":
    sys.exit(main())
