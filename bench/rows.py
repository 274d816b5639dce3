"""Millions of mails that are long finished, and a heap that waits, in a database that several benches use.

    python -m bench.rows --rows 10000000 --keep DIR

makes the folder DIR with a PostgreSQL data directory. A bench with `--among DIR` works in a copy of the database in it: for as
long as it runs, the disk must hold the rows twice: ten million take 27 GB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.core.management import call_command
from psycopg import sql

from project.demo.instance import temporary_instance

DATABASE = "rows"


def main() -> int:
    options = read_options()
    if options.here:
        keep(options.rows)
        return 0
    options.keep.mkdir()
    command = [sys.executable, "-m", "bench.rows", *sys.argv[1:], "--here"]
    return subprocess.run([*servers(options.keep), *command], check=False).returncode


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.rows", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="finished mails; a tenth as many wait")
    parser.add_argument("--keep", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def servers(kept: Path | None) -> list[str]:
    """What to run a command with, so that it finds a PostgreSQL of its own: an empty one, or the one that is `kept`."""
    data = [] if kept is None else ["--data", str(kept.resolve())]
    return [sys.executable, "-m", "tests.real_servers", *data]


def keep(rows: int) -> None:
    """Only a database that is complete gets the name that the benches ask for."""
    server = os.environ.pop("DATABASE_URL")
    _command(server, "CREATE DATABASE {}", "filling")
    with (
        tempfile.TemporaryDirectory(prefix="epm-rows-") as folder,
        temporary_instance(Path(folder), DATABASE_URL=_url_of(server, "filling")) as instance,
    ):
        os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
        django.setup()
        call_command("migrate", verbosity=0)
        from django.db import connections

        from bench import rows_sql

        rows_sql.fill(rows)
        connections.close_all()
    # From its next start on the server is as one with so many rows would be; empty tables are measured with the same.
    for setting, value in (("shared_buffers", "2GB"), ("max_wal_size", "8GB"), ("checkpoint_timeout", "30min")):
        _command(server, f"ALTER SYSTEM SET {setting} = '{value}'")
    _command(server, "CHECKPOINT")
    _command(server, "ALTER DATABASE {} RENAME TO {}", "filling", DATABASE)


@contextmanager
def copied(*, asked: bool) -> Iterator[dict[str, str]]:
    """Where it is asked for, the setting for a copy of the kept database on DATABASE_URL's server; taken away at the end."""
    if not asked:
        yield {}
        return
    server = os.environ.pop("DATABASE_URL")
    _command(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", "copied")
    _command(server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", "copied", DATABASE)
    try:
        _warm(_url_of(server, "copied"))
        yield {"DATABASE_URL": _url_of(server, "copied")}
    finally:
        _command(server, "DROP DATABASE {} WITH (FORCE)", "copied")
        os.environ["DATABASE_URL"] = server


def _warm(database: str) -> None:
    """Read all indexes once: a server that works all day has them in memory, and a fresh copy has not."""
    with psycopg.connect(database) as connection:
        folder = connection.execute("SHOW data_directory").fetchone()
        paths = connection.execute(
            "SELECT pg_relation_filepath(i.oid) FROM pg_class i JOIN pg_namespace n ON n.oid = i.relnamespace "
            "WHERE i.relkind = 'i' AND n.nspname = 'public'"
        ).fetchall()
    assert folder is not None
    for (path,) in paths:
        for part in Path(folder[0], path).parent.glob(f"{Path(path).name}*"):
            with part.open("rb") as file:
                while file.read(1 << 20):
                    pass


def _command(server: str, command: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def _url_of(server: str, database: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


if __name__ == "__main__":
    sys.exit(main())
