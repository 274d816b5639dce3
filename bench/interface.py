"""make bench-interface: how many mails a second the Application Interface accepts, committed before it answers.

The web process on PostgreSQL (fsync on), 16 keep-alive clients in a process of their own, mails of 4 kB; beside it, in the same
run, what Postfix accepts over 20 SMTP sessions: measured before and after, and the better figure counts. No worker runs, so that
nothing but accepting is measured. Where the peer's script is not at hand (EPM_PEERS names its folder), there are no ratios.
Then how long getEmailStatus and lists take beside EPM_BENCH_ROWS (a million) recipients more; with --among DIR all of it is
measured beside those that `python -m bench.rows --keep DIR` made.
"""

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

from bench import rows
from bench.report import emit
from project.demo.instance import Instance, free_ports, temporary_instance

CLIENTS = 16
RUNS = 3
"""Of which the median counts; the peer is measured before and after, and its better figure counts."""
ROWS = int(os.environ.get("EPM_BENCH_ROWS", "1_000_000"))
PEERS = Path(os.environ.get("EPM_PEERS", Path(__file__).resolve().parents[2] / "shared" / "peers"))
SENDER = "shop@example.com"
TEXT = ("x" * 62 + "\r\n") * 64


@dataclass(frozen=True, slots=True)
class Target:
    """Where and as whom requests are made."""

    port: int
    authorization: str

    def question(self, path: str) -> bytes:
        """The bytes of a GET."""
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.authorization}\r\n\r\n".encode()

    def request(self, path: str, body: bytes, content_type: str) -> bytes:
        """The bytes of a POST."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.authorization}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def drive(
        self, request: bytes, count: int, *, clients: int = CLIENTS, rate: float = 0
    ) -> tuple[float, list[float]]:
        """Requests per second, and the milliseconds of each, sorted."""
        command = [
            sys.executable,
            "-m",
            "bench.keep_alive",
            "127.0.0.1",
            str(self.port),
            str(clients),
            str(count),
            str(rate),
        ]
        done = subprocess.run(command, input=request, capture_output=True, check=True)
        said = json.loads(done.stdout)
        return count / said["seconds"], sorted(said["milliseconds"])


def main() -> int:
    options = read_options()
    if options.here:
        measure(options)
        return 0
    here = [sys.executable, "-m", "bench.interface", "--here", *sys.argv[1:]]
    return subprocess.run([*rows.servers(options.among), *here], check=False).returncode


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.interface", description=__doc__)
    parser.add_argument("--among", type=Path, help="beside the rows that bench.rows keeps in this folder")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options: argparse.Namespace) -> None:
    before = postfix()
    with (
        tempfile.TemporaryDirectory(prefix="epm-bench-") as folder,
        rows.copied(asked=options.among is not None) as database,
        temporary_instance(Path(folder), EPM_SWEEP_SECONDS="60", EPM_LOG_LEVEL="WARNING", **database) as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        django.setup()
        target = _started(instance)
        figures = _figures(target)
        peer = max(filter(None, (before, postfix())), default=None)
        figures += _lookups(target.port, ROWS if options.among is None else 0)
    for figure, value, unit, has_peer in figures:
        emit("interface", figure, value, unit, peer="postfix" if has_peer and peer else None,
             peer_value=peer if has_peer else None)  # fmt: skip


def _started(instance: Instance) -> Target:
    from django.core.management import call_command

    from project.demo.cast import make_cast

    call_command("migrate", verbosity=0)
    caller = make_cast(receiver_url="http://127.0.0.1:9").shop
    instance.start("web")
    instance.wait_until_listening("EPM_WEB_PORT")
    return Target(instance.port("EPM_WEB_PORT"), _basic(caller.id, caller.secret))


def _figures(target: Target) -> list[tuple[str, float, str, bool]]:
    rest = target.request("/api/v1/emails", json.dumps(_mail()).encode(), "application/json")
    soap = target.request("/soap/AppIntfWS", _envelope(), "text/xml; charset=utf-8")
    batch = target.request("/api/v1/emails/batch", json.dumps(_batch(1000)).encode(), "application/json")
    for request, count in ((rest, 300), (soap, 300), (batch, 4)):
        target.drive(request, count)
    rest_rate, soap_rate, batches = (
        statistics.median(target.drive(request, count, clients=clients)[0] for _ in range(RUNS))
        for request, count, clients in ((rest, 1500, CLIENTS), (soap, 1000, CLIENTS), (batch, 8, 4))
    )
    _, waits = target.drive(rest, 600, rate=rest_rate / 2)
    return [
        ("sendEmail over REST, 16 clients", rest_rate, "1/s", True),
        ("sendEmail over SOAP, 16 clients", soap_rate, "1/s", True),
        ("SOAP in parts of REST", soap_rate / rest_rate, "", False),
        ("batches of 1,000, in recipients", batches * 1000, "1/s", True),
        ("sendEmail over REST at half that load, p99", waits[int(0.99 * len(waits))], "ms", False),
    ]


def _lookups(port: int, to_make: int) -> list[tuple[str, float, str, bool]]:
    from bench import rows_sql

    if to_make:
        rows_sql.fill(to_make)
    from django.utils import timezone

    from email_processor.models import Recipient
    from lib.ids import earliest_id

    target = Target(port, _reader())
    half_way = earliest_id(timezone.now() - timedelta(days=rows_sql.DAYS / 2))
    one = Recipient.objects.filter(application__name="rows-0", pk__gte=half_way).order_by("pk")[0]
    asked = {
        "getEmailStatus": f"emails/{one.message_id}",
        "search for the newest": "emails",
        "search far back": f"emails?cursor={one.pk}",
        "search by recipient": f"emails?recipient={one.address}",
        "search by the recipient of every hundredth mail": f"emails?recipient={rows_sql.HOT}",
        "the same, by a state that nobody is in": f"emails?recipient={rows_sql.HOT}&state=expired",
        "search by a state that many are in": "emails?state=sent",
        "search by a state that some are in": "emails?state=bounced",
        "search by a state that nobody is in": "emails?state=expired",
        "search by the queue": "emails?state=queued",
        "search by ucid": "emails?ucid=call-7",
        "search by the ucid of every thousandth mail": "emails?ucid=robot",
        "receipts": "receipts",
        "receipts by recipient": f"receipts?recipient={one.address}",
        "notifications": "notifications",
        "notifications by a type that was never told": "notifications?type=email.expired",
        "events": "events",
        "events by a type that was never told": "events?type=email.expired",
        "suppressions": "suppressions",
        "getStatusEx": "status",
    }
    beside = f"beside {Recipient.objects.count():,} recipients, p95"
    figures = [(f"{what} {beside}", _p95(target, f"/api/v1/{path}"), "ms", False) for what, path in asked.items()]
    return [
        *figures,
        (f"traffic of a day {beside}", _p95(target, f"/api/v1/traffic?since={_a_day_ago()}", 20), "ms", False),
    ]


def _reader() -> str:
    """Who may see the applications of the zone with most of the rows."""
    from bench.rows_sql import SEARCHED
    from epm.models import Credential, Zone

    reader = Credential(zone=Zone.objects.get(name=SEARCHED), name="bench", all_applications=True)
    secret = reader.renew_secret()
    reader.save()
    return _basic(reader.pk, secret)


def _basic(credential: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{credential}:{secret}'.encode()).decode()}"


def _a_day_ago() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _p95(target: Target, path: str, count: int = 200) -> float:
    _, waits = target.drive(target.question(path), count, clients=2)
    return waits[int(0.95 * len(waits))]


def _mail() -> dict[str, Any]:
    return {"from": SENDER, "to": ["user@world.example"], "subject": "Bench", "body": TEXT}


def _batch(count: int) -> dict[str, Any]:
    to = [
        {"address": f"u{number}@world.example", "substitutions": {"name": f"User {number}"}} for number in range(count)
    ]
    return {"from": SENDER, "to": to, "subject": "Hello {{name}}", "body": "Dear {{name}}\r\n" + TEXT}


def _envelope() -> bytes:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<sendEmailRequest xmlns="urn:epm:AppIntfWS:1"><from>{SENDER}</from><to>user@world.example</to>'
        f"<subject>Bench</subject><body>{TEXT}</body></sendEmailRequest></e:Body></e:Envelope>"
    ).encode()


def postfix(count: int = 2000) -> float | None:
    """Mails a second that Postfix accepts; None where the peer's script is not here."""
    script = PEERS / "bench_postfix.sh"
    if not script.exists():
        return None
    port, sink = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="epm-postfix-") as folder:
        Path(folder).chmod(0o755)
        with subprocess.Popen(["smtp-sink", "-u", "nobody", "-c", f"127.0.0.1:{sink}", "1000"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as mail_sink:  # fmt: skip
            try:
                subprocess.run([script, "start", folder, str(port), str(sink)], check=True, stdout=subprocess.DEVNULL)
                done = subprocess.run([script, "bench", folder, str(count), str(port)], capture_output=True, check=True)
                return float(json.loads(done.stdout)["accept_per_s"])
            finally:
                subprocess.run([script, "stop", folder], check=False)
                mail_sink.terminate()


if __name__ == "__main__":
    sys.exit(main())
