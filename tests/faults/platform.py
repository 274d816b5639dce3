"""A platform made of real processes, for a suite that kills them, and a look into its tables past its own doors."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import dj_database_url
import httpx
from django.conf import settings
from django.db import connections

from epm.choices import MessageTypes, RegisteredDelivery, Transport
from epm.models import Application, Credential, EmailConnection, Zone
from project.demo.instance import PORTS, ROOT, Instance, free_ports
from tests.faults.services import Broker, Postgres
from tests.receivers import Receiver

ALIAS = "faults"
"""The platform's database, as the tests see it."""
SENDER = "shop@example.com"
ZONE = "faults"
WEB, WORKER, BEAT = PROCESSES = ("web", "worker", "beat")
_SHORT = {
    "EPM_LEASE_SECONDS": "2",
    "EPM_SWEEP_SECONDS": "0.5",
    # 1.5 seconds for most answers, 3 for the one to the final dot.
    "EPM_SMTP_PATIENCE": "0.005",
    "EPM_NOTIFY_TIMEOUT": "2",
    "EPM_WORKER_PROCESSES": "3",
    "EPM_WEB_WORKERS": "1",
}


@dataclass
class Platform:
    """The running platform and everything around it that can be spoiled."""

    instance: Instance
    receiver: Receiver
    broker: Broker
    postgres: Postgres | None
    caller: tuple[str, str] = ("", "")

    def log(self) -> str:
        return self.instance.log.read_text(errors="replace")

    def start(self, *names: str) -> None:
        """Start processes; the web process is awaited."""
        self.instance.start(*names)
        if WEB in names:
            self.instance.wait_until_listening("EPM_WEB_PORT")

    def post(self, mail: dict[str, object], key: str) -> int | None:
        """The status of the answer to sendEmail; None where there was no answer."""
        with suppress(httpx.TransportError):
            return httpx.post(
                f"{self.instance.url}/api/v1/emails",
                json=mail,
                auth=self.caller,
                headers={"Idempotency-Key": key},
                timeout=60,
            ).status_code
        return None

    def has_read(self, port: int, *, client_port: int) -> bool:
        """Has the client on loopback read all that the server at `port` wrote to it? (man 5 proc, /proc/net/tcp)"""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if (_port(local), _port(remote)) == (client_port, port):
                return queues.split(":")[1] == "00000000"
        return False

    def children(self, name: str) -> list[int]:
        """The ids of all processes of `name`."""
        group = self.instance.group(name)
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if int(path.read_text().rpartition(") ")[2].split()[2]) == group:
                    found.append(int(path.parent.name))
        return found

    def restart_database(self, mode: str) -> None:
        """`fast` ends all sessions, also ours; `immediate` is a crash with a recovery. Only where there is a PostgreSQL."""
        assert self.postgres is not None
        connections[ALIAS].close()
        self.postgres.restart(mode)

    def open_way(self, port: int, transport: Transport, limit: int) -> EmailConnection:
        """Make a way out to the server at `port`."""
        return EmailConnection.objects.using(ALIAS).create(
            zone=Zone.objects.using(ALIAS).get(),
            name=f"way out {token_hex(4)}",
            server="127.0.0.1",
            port=port,
            transport=transport,
            verify_certificate=False,
            max_connections=limit,
            return_path_domain="bounces.example.com",
            registered_delivery=RegisteredDelivery.SUCCESS_AND_FAILURE,
        )

    def close_ways(self) -> None:
        """Disable every way out."""
        EmailConnection.objects.using(ALIAS).update(enabled=False)


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


@contextmanager
def running_platform(folder: Path, receiver: Receiver, broker: Broker, postgres: Postgres | None) -> Iterator[Platform]:
    """Migrates a database of its own in `folder`, casts the rows and starts web, worker and beat. Ends them in any case."""
    instance = Instance(_settings(folder, broker, postgres), folder / "log")
    platform = Platform(instance, receiver, broker, postgres)
    try:
        _migrate(instance)
        with _database(instance.settings["DATABASE_URL"]):
            platform.caller = _cast(receiver)
            platform.start(*PROCESSES)
            yield platform
    finally:
        for name in PROCESSES:
            with suppress(KeyError):  # a test that failed may have left it killed
                instance.kill(name)


def _settings(folder: Path, broker: Broker, postgres: Postgres | None) -> dict[str, str]:
    return {
        "EPM_VAR": str(folder),
        "EPM_MODE": "embedded",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": postgres.url if postgres else f"sqlite:///{folder / 'epm.sqlite3'}",
        "BROKER_URL": broker.url,
        # The tests write rows with secrets, too.
        "EPM_FIELD_KEYS": " ".join(settings.EPM_FIELD_KEYS),
        **{name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)},
        **_SHORT,
    }


def _migrate(instance: Instance) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **instance.settings}, check=True)


@contextmanager
def _database(url: str) -> Iterator[None]:
    """Lets the tests reach the platform's database under ALIAS."""
    connections.databases[ALIAS] = {**connections.databases["default"], **dj_database_url.parse(url)}
    if url.startswith("sqlite"):
        connections.databases[ALIAS]["OPTIONS"] = settings.DATABASES["default"]["OPTIONS"]
    try:
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.databases[ALIAS]


def _cast(receiver: Receiver) -> tuple[str, str]:
    """A zone, an application that is told everything, and a caller: its credential's id and secret."""
    zone = Zone.objects.using(ALIAS).create(name=ZONE, sender_domains="example.com")
    application = Application.objects.using(ALIAS).create(
        zone=zone,
        name="shop",
        message_types=MessageTypes.DELIVERY,
        application_url=receiver.url,
        notification_url=f"{receiver.url}/notifications",
    )
    credential = Credential(zone=zone, name="shop back end")
    secret = credential.renew_secret()
    credential.save(using=ALIAS)
    credential.applications.set([application])
    return credential.pk, secret
