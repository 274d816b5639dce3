"""Many new rows at once, straight from values to the table: what the ORM costs a row is what a mail costs to settle.

PostgreSQL takes them by COPY in its binary form, other databases by one prepared statement. Columns that are the same object in
every row are encoded once. No instances, no signals, no defaults.
"""

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, repeat
from operator import is_, itemgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)
_BLOCK = 256 * 1024
"""Octets that are handed to the database at a time, if no row is larger."""


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append `rows` to the model's table; `columns` are field names (`author_id` for a foreign key), in the rows' order.

    What is left out has its field's default, the same in every row.
    """
    alias = router.db_for_write(model)
    plan = _plan(model, tuple(columns), alias)
    given = list(zip(*rows, strict=True))
    if not given:
        return
    left_out = [(column.field.get_default(),) * len(given[0]) for column in plan.left_out]
    write = _copy if connections[alias].vendor == "postgresql" else _execute
    write(plan.table, list(zip((*plan.given, *plan.left_out), (*given, *left_out), strict=True)), connections[alias])


def new(model: type[M], **values: Any) -> M:
    """A row for `insert_new`: as `model(**values)`. Names are those of columns; no signals are sent."""
    row = model.__new__(model)
    row._state = ModelState()
    defaults = {name: default() for name, default in _defaults(model) if name not in values}
    vars(row).update(defaults, **values)
    return row


def like(row: M, **values: Any) -> M:
    """Another row as `new` makes them, equal to `row` but for `values`."""
    copy = type(row).__new__(type(row))
    vars(copy).update(vars(row), **values)
    copy._state = ModelState()
    return copy


def insert_new(rows: Sequence[models.Model]) -> None:
    """Append new `rows` of one model, which bring their own keys, to their table."""
    if rows:
        columns, values_of = _whole(type(rows[0]))
        insert(type(rows[0]), columns, map(values_of, map(vars, rows)))


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column, and how PostgreSQL takes its values."""

    field: "models.Field[Any, Any]"
    name: str
    encode: Callable[[Any], bytes]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows get into a table."""

    table: str
    given: tuple[_Column, ...]
    left_out: tuple[_Column, ...]


_Columns = list[tuple[_Column, tuple[Any, ...]]]
"""Each with its value in every row."""


def _copy(table: str, columns: _Columns, database: BaseDatabaseWrapper) -> None:
    # What all rows have in common goes before what is their own, so that it is one piece in each.
    same, own = _Columns(), _Columns()
    for column, values in columns:
        (same if _is_same(values) else own).append((column, values))
    head = struct.pack(">h", len(columns)) + b"".join([column.encode(values[0]) for column, values in same])
    encoded = [map(column.encode, values) for column, values in own]
    rows = map(b"".join, zip(repeat(head, len(columns[0][1])), *encoded, strict=True))
    with (
        database.cursor() as cursor,
        database.wrap_database_errors,
        cursor.copy(f"COPY {_into(table, [*same, *own])} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        for block in _blocks(rows):
            copy.write(block)


def _execute(table: str, columns: _Columns, database: BaseDatabaseWrapper) -> None:
    prepared = [_prepared(column, values, database) for column, values in columns]
    marks = ", ".join(["%s"] * len(columns))
    with database.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_into(table, columns)} VALUES ({marks})",  # noqa: S608 - our own fields
            list(zip(*prepared, strict=True)),
        )


def _into(table: str, columns: _Columns) -> str:
    return f"{table} ({', '.join([column.name for column, _ in columns])})"


def _prepared(column: _Column, values: tuple[Any, ...], database: BaseDatabaseWrapper) -> list[Any]:
    """The values as the database's driver takes them."""
    if _is_same(values):
        return [column.field.get_db_prep_save(values[0], database)] * len(values)
    return [column.field.get_db_prep_save(value, database) for value in values]


def _is_same(values: tuple[Any, ...]) -> bool:
    """Is it one object? Equal ones may be written differently: 1 and True are, in JSON."""
    return len(values) == 1 or all(map(is_, values, repeat(values[0])))


def _blocks(rows: Iterable[bytes]) -> Iterator[bytes]:
    """The rows as the binary form of COPY, in blocks; one that is large is a block by itself, and is not copied."""
    block, octets = [b"PGCOPY\n\xff\r\n\0", bytes(8)], 0
    for row in chain(rows, [b"\xff\xff"]):
        octets += len(row)
        if octets > _BLOCK:
            yield b"".join(block)
            block, octets = [], len(row)
        block.append(row)
    yield b"".join(block)


@lru_cache(maxsize=100)
def _plan(model: type[models.Model], columns: tuple[str, ...], alias: str) -> _Plan:
    quoted = connections[alias].ops.quote_name
    given = [_field(model, column) for column in columns]
    left_out = [field for field in _stored(model) if field not in given]
    return _Plan(
        quoted(model._meta.db_table),
        *(
            tuple(_Column(field, quoted(str(field.column)), _encoder(field)) for field in fields)
            for fields in (given, left_out)
        ),
    )


@lru_cache(maxsize=100)
def _whole(model: type[models.Model]) -> tuple[tuple[str, ...], Callable[[dict[str, Any]], tuple[Any, ...]]]:
    """All columns of a model, and what takes them from an instance's `vars`."""
    columns = tuple(field.attname for field in _stored(model))
    return columns, itemgetter(*columns)


@lru_cache(maxsize=100)
def _defaults(model: type[models.Model]) -> list[tuple[str, Callable[[], Any]]]:
    return [(field.attname, field.get_default) for field in model._meta.concrete_fields]


def _stored(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """Without those that the database gives their number."""
    counted = (models.AutoField, models.BigAutoField)
    return [field for field in model._meta.concrete_fields if not isinstance(field, counted)]


def _field(model: type[models.Model], column: str) -> "models.Field[Any, Any]":
    return next(field for field in model._meta.concrete_fields if column in (field.attname, field.name))


# --- values in the binary form of PostgreSQL's types: their length, and what their "send" functions make of them

_NULL = struct.pack(">i", -1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH = struct.Struct(">i")
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _octets(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _text(value: str) -> bytes:
    octets = value.encode()
    return _LENGTH.pack(len(octets)) + octets


def _json(value: Any) -> bytes:
    # The first octet is the version of jsonb's form.
    return _octets(b"\x01" + (_compact(value).encode() if value or value != {} else b"{}"))


def _uuid(value: UUID) -> bytes:
    return b"\0\0\0\x10" + value.bytes


def _number(form: str) -> Callable[[Any], bytes]:
    packed = struct.Struct(f">i{form}")
    size = packed.size - _LENGTH.size
    return lambda value: packed.pack(size, value)


_long = _number("q")


def _moment(value: datetime) -> bytes:
    return _long((value - _EPOCH) // _MICROSECOND)


_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "BigAutoField": _long,
    "BigIntegerField": _long,
    "BinaryField": _octets,
    "BooleanField": _number("?"),
    "CharField": _text,
    "DateTimeField": _moment,
    "FloatField": _number("d"),
    "IntegerField": _number("i"),
    "JSONField": _json,
    "PositiveBigIntegerField": _long,
    "PositiveIntegerField": _number("i"),
    "PositiveSmallIntegerField": _number("h"),
    "SmallIntegerField": _number("h"),
    "TextField": _text,
    "UUIDField": _uuid,
}


def _encoder(field: "models.Field[Any, Any]") -> Callable[[Any], bytes]:
    """Raises KeyError for a kind of field that no table filled here has."""
    encode = _ENCODERS[_target(field).get_internal_type()]
    return (lambda value: _NULL if value is None else encode(value)) if field.null else encode


def _target(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """What a foreign key, maybe through others, points at."""
    return _target(field.target_field) if isinstance(field, models.ForeignKey) else field
