"""make bench-latency: how long an idle system takes from accepting a mail to handing it to the server.

Real processes, real sockets: the web process accepts over REST, the doorbell goes through the broker, a worker sends to a
server in this process. Measured from `accepted_at` (written just before the commit) to the moment the server has taken the mail.
First embedded (SQLite, file broker), then on PostgreSQL and Redis. Beat runs at one sweep a minute, so only doorbells count.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import django

from bench.report import emit
from project.demo.instance import temporary_instance

MAILS = 60


def main() -> int:
    if "--here" in sys.argv:
        measure("redis" if "BROKER_URL" in os.environ else "embedded")
        return 0
    here = [sys.executable, "-m", "bench.latency", "--here"]
    clean = {name: value for name, value in os.environ.items() if name not in ("BROKER_URL", "DATABASE_URL")}
    embedded = subprocess.run(here, env=clean, check=False).returncode
    return embedded or subprocess.run([sys.executable, "-m", "tests.real_servers", *here], check=False).returncode


def measure(title: str) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="epm-bench-") as folder,
        temporary_instance(Path(folder), EPM_SWEEP_SECONDS="60", EPM_LOG_LEVEL="WARNING") as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        # Only now are the settings that this process reads those of the temporary instance.
        django.setup()
        from bench import latency_run

        seconds = latency_run.send_one_by_one(instance, MAILS)
    milliseconds = sorted(1000 * value for value in seconds)
    emit("latency", f"accepted to handed over, {title}, median", statistics.median(milliseconds), "ms")
    emit("latency", f"accepted to handed over, {title}, p95", milliseconds[int(0.95 * len(milliseconds))], "ms")


if __name__ == "__main__":
    sys.exit(main())
