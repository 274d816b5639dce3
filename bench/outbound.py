"""make bench-outbound: how many queued mails a second are sent and settled, on PostgreSQL with fsync on and Redis.

Mails of 4 kB, each with its own recipient, DSN parameters on, events and states written, to `smtp-sink` (from Debian's
postfix). Worker processes are started and ready before the clock runs, and it runs until their last commit. The ratios are to
peers driven in the same run.

With --among DIR it measures again beside the rows that `python -m bench.rows --keep DIR` made: ten million finished mails and a
million that wait. All that may not grow is measured in empty tables and beside them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from bench import outbound_beside, rows
from bench import outbound_peers as peers
from bench.report import emit
from project.demo.instance import temporary_instance


def main() -> int:
    options = read_options()
    if options.here:
        measure(options)
        return 0
    command = [sys.executable, "-m", "bench.outbound", "--here", *sys.argv[1:]]
    return subprocess.run([*rows.servers(options.among), *command], check=False).returncode


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.outbound", description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000, help="how many are drained")
    parser.add_argument("--workers", type=int, default=2, help="worker processes on the one zone")
    parser.add_argument(
        "--memory", type=int, default=40_000, help="mails of the memory figure (200000 for the full one)"
    )
    parser.add_argument("--large", type=int, default=20, help="mails of 25 MB whose weight in a worker is measured")
    parser.add_argument("--rows", type=int, default=0, help="measure again beside so many finished mails, made now")
    parser.add_argument("--among", type=Path, help="measure again beside those that bench.rows keeps in this folder")
    parser.add_argument("--only-rows", action="store_true", help="nothing but what is measured beside rows")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options: argparse.Namespace) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="epm-bench-") as folder,
        temporary_instance(
            Path(folder), EPM_LOG_LEVEL="WARNING", EPM_SEND_CONCURRENCY="4000", EPM_HTTP_ALLOWED_PRIVATE="127.0.0.0/8"
        ) as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        # Only now are the settings that this process reads those of the temporary instance.
        django.setup()
        call_command("migrate", verbosity=0)
        from bench import outbound_run as run

        assert run.fsync() == "on"
        with run.sink():
            if not options.only_rows:
                one, several = drain(options, options.no_peers)
                tell(options, several)
                two_zones(options, one)
                keep_memory(options)
                carry_large_mails(options)
            if options.rows or options.among:
                beside = "copied" if options.among else str(options.rows)
                outbound_beside.compare(options.mails, options.workers, beside)
        if not options.only_rows:
            wait_for_slow_servers(options)
            several_hosts(options)


def drain(options: argparse.Namespace, alone: bool) -> tuple[float, float]:
    """Answers the rate of one worker process, and that of several."""
    from bench import outbound_run as run

    run.queue(run.make_zone("one", run.SINK_PORT), options.mails)
    one = run.drain("one")
    run.queue(run.make_zone("main", run.SINK_PORT), options.mails)
    rate = run.drain(*["main"] * options.workers).rate
    emit("outbound", "drained by one worker process", one.rate, "mails/s")
    emit("outbound", "processor time of that process for a mail", 1_000_000 * one.cpu / one.mails, "us")
    postfix = None if alone else peers.postfix(min(options.mails, 10_000))
    emit("outbound", f"drained by {options.workers}", rate, "mails/s", peer="postfix", peer_value=postfix)
    post_office = None if alone else peers.post_office(os.environ["DATABASE_URL"], min(options.mails, 5_000))
    emit("outbound", f"drained by {options.workers}", rate, "mails/s", peer="post_office", peer_value=post_office)
    return one.rate, rate


def tell(options: argparse.Namespace, drained: float) -> None:
    from bench import outbound_run as run

    port, running = run.receiver()
    with running:
        application = run.make_zone("told", run.SINK_PORT, notification_url=f"http://127.0.0.1:{port}/")
        run.queue(application, options.mails)
        told = run.drain(*["told"] * options.workers, tellers=1)
    for figure, rate in (
        ("drained while email.sent is told to a local receiver", told.rate),
        ("the same, until the last one is told", told.mails / told.told),
    ):
        emit("outbound", figure, rate, "mails/s", peer="nothing told", peer_value=drained)


def two_zones(options: argparse.Namespace, one: float) -> None:
    from bench import outbound_run as run

    for zone in ("left", "right"):
        run.queue(run.make_zone(zone, run.SINK_PORT), options.mails // 2)
    rate = run.drain("left", "right").rate
    emit("outbound", "drained by two workers of two zones", rate, "mails/s", peer="one worker", peer_value=one)


def several_hosts(options: argparse.Namespace) -> None:
    """Two zones against one where not this machine's cores but the connections of each bound it, as on hosts of their own."""
    from bench import outbound_run as run

    port, running = run.slow_server()
    with running:
        for zone in ("first-host", "second-host", "only-host"):
            run.queue(run.make_zone(zone, port, connections=run.FEW_CONNECTIONS), options.mails // 4)
        one = run.drain("only-host").rate
        two = run.drain("first-host", "second-host").rate
    figure = f"drained by two workers of two zones with {run.FEW_CONNECTIONS} connections each to such a server"
    emit("outbound", figure, two, "mails/s", peer="one worker", peer_value=one)


def keep_memory(options: argparse.Namespace) -> None:
    """The median of the last quarter against that of the second: the first is for warming up."""
    from bench import outbound_run as run

    run.queue(run.make_zone("memory", run.SINK_PORT), options.memory)
    sizes = run.drain("memory").sizes
    quarter = max(1, len(sizes) // 4)
    before, after = statistics.median(sizes[quarter : 2 * quarter + 1]), statistics.median(sizes[-quarter:])
    emit("outbound", f"memory of a worker after {options.memory} mails", after, "MB")
    emit("outbound", "its growth since the second quarter of them", 100 * (after / before - 1), "%")


def carry_large_mails(options: argparse.Namespace) -> None:
    """The most that a worker ever held, above what it holds anyway."""
    from bench import outbound_run as run

    run.queue(run.make_zone("few", run.SINK_PORT), 100)
    before = run.drain("few").peak
    run.queue(run.make_zone("large", run.SINK_PORT), options.large, octets=25_000_000)
    peak = run.drain("large").peak
    emit("outbound", f"memory that {options.large} mails of 25 MB took in a worker at most", peak - before, "MB")


def wait_for_slow_servers(options: argparse.Namespace) -> None:
    from bench import outbound_run as run

    port, running = run.slow_server()
    with running:
        run.queue(run.make_zone("slow", port, connections=run.SLOW_CONNECTIONS), options.mails)
        rate = run.drain("slow").rate
    emit("outbound", "drained by one worker to a server that takes 200 ms a reply", rate, "mails/s")


if __name__ == "__main__":
    sys.exit(main())
