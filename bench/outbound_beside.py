"""What of bench.outbound is measured twice in one run: in empty tables, and beside millions of rows.

    python -m bench.outbound_beside MAILS WORKERS empty | copied | ROWS

works in a database of its own (of the kept rows, or with so many made in it) and prints its figures as JSON.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import django
from django.core.management import call_command

from bench import rows
from bench.report import emit
from project.demo.instance import temporary_instance

if TYPE_CHECKING:
    from email_processor.outbound.queue import Claimed

T = TypeVar("T")

AT_ONCE = 500
_LOOKS = 9
_FEW = 5_000


def compare(mails: int, workers: int, beside: str) -> None:
    """Emit every figure beside the rows, with what it is in empty tables for its peer."""
    alone, among = _asked(mails, workers, "empty"), _asked(mails, workers, beside)
    there = f"beside {among['finished']:,.0f} finished and {among['waiting']:,.0f} waiting mails"
    for figure, unit in (
        (f"drained by {workers}", "mails/s"),
        ("processor time of them for a mail", "us"),
        (f"a claim of {AT_ONCE}", "ms"),
        ("claims until another application's one mail is taken", ""),
        ("a sweep", "ms"),
    ):
        emit("outbound", f"{figure}, {there}", among[figure], unit, peer="empty tables", peer_value=alone[figure])


def _asked(mails: int, workers: int, beside: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.outbound_beside", str(mails), str(workers), beside]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(mails: int, workers: int, beside: str) -> None:
    with _instance(copied=beside == "copied"):
        from bench import rows_sql

        call_command("migrate", verbosity=0)
        if beside.isdigit():
            rows_sql.fill(int(beside))
        print(json.dumps(_figures(mails, workers)), flush=True)


@contextmanager
def _instance(*, copied: bool) -> Iterator[None]:
    settings = {"EPM_LOG_LEVEL": "WARNING", "EPM_SEND_CONCURRENCY": "4000"}
    with (
        tempfile.TemporaryDirectory(prefix="epm-bench-") as folder,
        rows.copied(asked=copied) as database,
        temporary_instance(Path(folder), **settings, **database) as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        django.setup()
        yield
        from django.db import connections

        connections.close_all()


def _figures(mails: int, workers: int) -> dict[str, float]:
    from bench import outbound_run as run
    from bench.rows_sql import HEAP
    from email_processor.models import Recipient
    from email_processor.outbound import queue
    from epm.models import Application, Zone

    if not Zone.objects.filter(name=HEAP).exists():
        run.queue(run.make_zone(HEAP, run.SINK_PORT), _FEW)
        Application.objects.create(zone=Zone.objects.get(name=HEAP), name="single")
    waiting = Recipient.objects.filter(due_at__isnull=False).count()
    finished = Recipient.objects.count() - waiting
    claim = _claim()
    run.queue(Application.objects.get(zone__name=HEAP, name="single"), 1)
    run.queue(run.make_zone("drained", run.SINK_PORT), mails)
    drained = run.drain(*["drained"] * workers)
    return {
        "finished": finished,
        "waiting": waiting,
        f"drained by {workers}": drained.rate,
        "processor time of them for a mail": 1_000_000 * drained.cpu / drained.mails,
        f"a claim of {AT_ONCE}": claim,
        "claims until another application's one mail is taken": _claims_until_single(),
        "a sweep": statistics.median(_milliseconds(queue.sweep)[1] for _ in range(_LOOKS)),
    }


def _claim() -> float:
    """The median of several claims; each is given back."""
    from bench.rows_sql import HEAP
    from email_processor.outbound import queue

    took = []
    for _ in range(_LOOKS):
        batch, milliseconds = _milliseconds(lambda: queue.claim(HEAP, limit=AT_ONCE))
        assert len(batch.claimed) == AT_ONCE
        took.append(milliseconds)
        _give_back(batch.claimed)
    return statistics.median(took)


def _claims_until_single() -> int:
    from bench.rows_sql import HEAP
    from email_processor.models import Recipient
    from email_processor.outbound import queue

    single = Recipient.objects.get(application__name="single").pk
    for count in itertools.count(1):
        claimed = queue.claim(HEAP, limit=AT_ONCE).claimed
        _give_back(claimed)
        if any(one.id == single for one in claimed):
            return count
    raise AssertionError("unreachable")


def _give_back(claimed: "list[Claimed]") -> None:
    from email_processor.models import Recipient
    from lib import claims

    for token in {one.token for one in claimed}:
        claims.release(Recipient, token, [one.id for one in claimed])


def _milliseconds(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    done = work()
    return done, 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    mails, workers, beside = sys.argv[1:]
    main(int(mails), int(workers), beside)
