"""The part of bench.outbound that runs inside the settings of a temporary instance."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bench.outbound_rows import make_queued
from email_processor.models import Recipient, State
from epm.choices import MessageTypes, RegisteredDelivery, Transport
from epm.models import Application, EmailConnection, Zone
from project.demo.instance import free_ports, wait_until_listening

SINK_PORT = 2526
"""Where the scripts of the peers expect `smtp-sink`, too."""
CONNECTIONS = 40
REPLY_SECONDS = 0.2
SLOW_CONNECTIONS = 1500
FEW_CONNECTIONS = 400
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Drained:
    """`seconds` from the start to the last commit, `cpu` those of processor time that all workers used.

    Of the first worker: `sizes` are its megabytes over that time, `peak` the most there ever were. `told` are the seconds to
    the end of telling.
    """

    mails: int
    seconds: float
    cpu: float
    sizes: list[float]
    peak: float
    told: float

    @property
    def rate(self) -> float:
        return self.mails / self.seconds


@contextmanager
def sink() -> Iterator[None]:
    """smtp-sink, from Debian's postfix."""
    program = shutil.which("smtp-sink")
    if program is None:
        raise SystemExit("smtp-sink is missing: apt-get install --no-install-recommends postfix")
    user = ["-u", "nobody"] if _is_root() else []
    with _listening(SINK_PORT, [program, *user, "-c", f"127.0.0.1:{SINK_PORT}", "1000"]):
        yield


def _is_root() -> bool:
    return os.geteuid() == 0


@contextmanager
def _listening(port: int, command: list[str]) -> Iterator[None]:
    """Run a server, as soon as it listens on `port`."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until_listening(port, timeout=_PATIENCE)
        yield
    finally:
        process.terminate()
        process.wait()


def fsync() -> str:
    with connection.cursor() as cursor:
        cursor.execute("show fsync")
        return str(cursor.fetchone()[0])


def make_zone(name: str, port: int, *, notification_url: str = "", connections: int = CONNECTIONS) -> Application:
    """A zone with one way out and one application."""
    zone = Zone.objects.create(name=name, sender_domains="example.test")
    EmailConnection.objects.create(
        zone=zone,
        name="way out",
        server="127.0.0.1",
        port=port,
        transport=Transport.TCP,
        return_path_domain="bounces.example.test",
        registered_delivery=RegisteredDelivery.SUCCESS_AND_FAILURE,
        max_connections=connections,
    )
    return Application.objects.create(
        zone=zone,
        name=f"app-{name}",
        message_types=MessageTypes.REGULAR_AND_DELIVERY,
        notification_url=notification_url,
    )


def queue(application: Application, count: int, *, octets: int = 4096) -> None:
    make_queued(application, EmailConnection.objects.get(zone=application.zone), count, octets)


def drain(*zones: str, tellers: int = 0) -> Drained:
    """Drain each of `zones` (one may be named twice) by a worker process; checks afterwards that all was sent and written."""
    due = Recipient.objects.filter(zone__name__in=set(zones), state=State.QUEUED).count()
    workers = [_start("send", zone) for zone in zones]
    started = time.perf_counter()
    for worker in workers:
        _tell(worker)
    telling = [_start("tell") for _ in range(tellers)]
    for teller in telling:
        _tell(teller)
    reports = [_report(worker) for worker in workers]
    seconds = time.perf_counter() - started
    for teller in telling:
        _report(teller)
    told = time.perf_counter() - started
    left = Recipient.objects.filter(zone__name__in=set(zones)).exclude(state=State.SENT).count()
    assert left == 0, f"{left} mails were not sent"
    cpu = sum(report["cpu"] for report in reports)
    return Drained(due, seconds, cpu, reports[0]["sizes"], reports[0]["peak"], told)


def receiver() -> tuple[int, Any]:
    (port,) = free_ports(1)
    return port, _listening(port, [sys.executable, "-m", "bench.outbound_servers", "receiver", str(port)])


def slow_server() -> tuple[int, Any]:
    (port,) = free_ports(1)
    return port, _listening(
        port, [sys.executable, "-m", "bench.outbound_servers", "slow", str(port), str(REPLY_SECONDS)]
    )


def _start(*arguments: str) -> "subprocess.Popen[str]":
    """A worker that has loaded everything and waits for the word."""
    command = [sys.executable, "-m", "bench.outbound_worker", *arguments]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n", "a worker did not start"
    return worker


def _tell(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def _report(worker: "subprocess.Popen[str]") -> dict[str, Any]:
    out, _ = worker.communicate()
    report: dict[str, Any] = json.loads(out.splitlines()[-1])
    return report
