"""Many new rows at once, straight from values to the table: what the ORM costs a row is what a mail costs to settle.

PostgreSQL takes them by COPY, other databases by one prepared statement. No instances, no signals, no defaults.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

_Prepare = Callable[[Any], Any]


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append `rows` to the model's table; `columns` are field names (`author_id` for a foreign key), in the rows' order.

    What is left out has its field's default, the same in every row.
    """
    database = connections[router.db_for_write(model)]
    given = [_field(model, column) for column in columns]
    others = [field for field in model._meta.concrete_fields if field not in given and not _is_counted(field)]
    fields, defaults = [*given, *others], [field.get_default() for field in others]
    prepare = [_preparer(field, database) for field in fields]
    prepared = [[one(value) for one, value in zip(prepare, (*row, *defaults), strict=True)] for row in rows]
    if not prepared:
        return
    quote = database.ops.quote_name
    into = f"{quote(model._meta.db_table)} ({', '.join(quote(str(field.column)) for field in fields)})"
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with database.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            values = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {into} VALUES ({values})", prepared)  # noqa: S608 - names of our own fields


def insert_new(rows: Sequence[models.Model]) -> None:
    """Append new `rows` of one model, which bring their own keys, to their table."""
    if not rows:
        return
    model = type(rows[0])
    columns = [field.attname for field in model._meta.concrete_fields if not _is_counted(field)]
    insert(model, columns, ([getattr(row, column) for column in columns] for row in rows))


def _field(model: type[models.Model], column: str) -> "models.Field[Any, Any]":
    return next(field for field in model._meta.concrete_fields if column in (field.attname, field.name))


def _is_counted(field: "models.Field[Any, Any]") -> bool:
    """Does the database give it its number?"""
    return isinstance(field, models.AutoField | models.BigAutoField)


def _preparer(field: "models.Field[Any, Any]", database: BaseDatabaseWrapper) -> _Prepare:
    """What turns a value of the field into what the database's driver takes."""
    if database.vendor != "postgresql":
        return lambda value: field.get_db_prep_save(value, database)
    if isinstance(field, models.JSONField):
        return _compact
    return _as_it_is


_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _as_it_is(value: Any) -> Any:
    return value
