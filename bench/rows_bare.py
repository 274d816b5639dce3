"""Tables without what makes filling them slow: foreign keys, unique constraints and secondary indexes, made again afterwards."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection, models

AT_ONCE = 2
"""Connections that work at the same time."""
_MEMORY = "1GB"

_PARTS = """
select t.relname, c.conname, pg_get_constraintdef(c.oid), c.contype, c.convalidated
from pg_constraint c join pg_class t on t.oid = c.conrelid where c.contype <> 'u' and t.relname = any(%(tables)s)
union all
select t.relname, i.relname, pg_get_indexdef(i.oid), coalesce(c.contype, ''), x.indisready and x.indisvalid
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
left join pg_constraint c on c.conindid = i.oid and c.contype in ('p', 'u') where t.relname = any(%(tables)s)
order by 1, 2, 3
"""
_BEGAN = time.perf_counter()


class Part(NamedTuple):
    """A constraint or an index of a table. `kind` is PostgreSQL's letter for a constraint, empty for an index without one."""

    table: str
    name: str
    definition: str
    kind: str
    holds: bool


def say(what: str) -> None:
    """A line of progress, with the seconds since the process began."""
    print(f"{time.perf_counter() - _BEGAN:6.0f} s  {what}", file=sys.stderr, flush=True)


def together(jobs: Iterable[Callable[[], object]]) -> None:
    """Run `jobs`, AT_ONCE at a time, each on a connection made for filling. Raises what one of them raises."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(_alone, job) for job in jobs]:
            done.result()


def _alone(job: Callable[[], object]) -> None:
    """Nothing waits for the disk here; what is measured later has connections of its own, and does."""
    try:
        run("set synchronous_commit = off", f"set maintenance_work_mem = '{_MEMORY}'")
        job()
    finally:
        connection.close()


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def unhurried_server() -> Iterator[None]:
    """The server makes no checkpoint and no vacuum on the way, as far as it lets us; afterwards all is as it was."""
    settings = {"max_wal_size": "'4GB'", "checkpoint_timeout": "'1h'", "autovacuum": "off"}
    run(*(f"alter system set {name} = {value}" for name, value in settings.items()), "select pg_reload_conf()")
    try:
        yield
    finally:
        run(*(f"alter system reset {name}" for name in settings), "select pg_reload_conf()")


@contextmanager
def bare(filled: Sequence[type[models.Model]]) -> Iterator[None]:
    """Primary keys are kept. At the end the tables are vacuumed, analysed, and exactly as they were before.

    Foreign keys are dropped and added again. Indexes are only said not to be ready, which a new index says while it is built,
    and built anew: one made from its definition reads otherwise where the definition has a list in it.
    """
    tables = [model._meta.db_table for model in filled]
    before = _described(tables)
    foreign = [row for row in before if row.kind == "f"]
    indexes = [row for row in before if row.kind in ("", "u")]
    run(*(f'alter table "{row.table}" drop constraint "{row.name}"' for row in foreign))
    run(*(f"update pg_index set indisready = false where indexrelid = '\"{row.name}\"'::regclass" for row in indexes))
    yield
    together([_job(f'vacuum (freeze, analyze) "{table}"') for table in tables])
    together([_job(f'reindex index "{row.name}"') for row in indexes])
    together([_job(f'alter table "{row.table}" add constraint "{row.name}" {row.definition}') for row in foreign])
    assert _described(tables) == before, "an index or a constraint did not come back as it was"
    run("checkpoint")


def _job(statement: str) -> Callable[[], None]:
    def job() -> None:
        began = time.perf_counter()
        run(statement)
        say(f"{time.perf_counter() - began:5.1f} s for: {statement[:100]}")

    return job


def _described(tables: list[str]) -> list[Part]:
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, {"tables": tables})
        return [Part(*row) for row in cursor.fetchall()]
