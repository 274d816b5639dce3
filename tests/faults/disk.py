"""A disk that can be filled. SQLite's is a limit on what the web process may write; PostgreSQL's a small file system."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from django.db import connections

from tests.faults.machine import unavailable
from tests.faults.platform import ALIAS, WEB, Platform

_SIZE = 16 * 2**20


class Disk(Protocol):
    def fill(self) -> None: ...
    def free(self) -> None: ...


class LimitedFiles:
    """Every write of the web process fails: neither the database nor its journal can grow."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def fill(self) -> None:
        self._limit(0)

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, octets: int) -> None:
        for process in self._platform.children(WEB):
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (octets, hard))


class SmallFileSystem:
    """Where the contents of mails are kept; a large file beside them fills it."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fill(self) -> None:
        with self._filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"\1" * 4096):
                    pass
            except OSError:
                return

    def free(self) -> None:
        self._filler.unlink()


@contextmanager
def fillable_disk(platform: Platform, folder: Path) -> Iterator[Disk]:
    """The disk under the platform's database; `folder` is where one can be mounted."""
    if platform.postgres is None:
        yield LimitedFiles(platform)
        return
    if os.geteuid() != 0:
        unavailable("only root may mount a small file system")
    with _mounted(folder), _contents_in(folder, platform.postgres.user):
        yield SmallFileSystem(folder)


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mount.returncode:
        unavailable(f"no small file system can be mounted: {mount.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def _contents_in(folder: Path, user: str | None) -> Iterator[None]:
    """Keeps the contents of mails in a tablespace there."""
    place = folder / "tablespace"
    place.mkdir()
    if user:
        shutil.chown(place, user)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        cursor.execute("ALTER TABLE email_processor_content SET TABLESPACE small")
    try:
        yield
    finally:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("ALTER TABLE email_processor_content SET TABLESPACE pg_default")
            cursor.execute("DROP TABLESPACE small")
