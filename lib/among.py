"""A lookup for many keys: `filter(pk__among=keys)`.

On PostgreSQL it is one array instead of one parameter for each key: the driver takes longer to write five hundred parameters
into a statement than the database to answer it. Elsewhere it is `in`. The keys are UUIDs, and nothing is made of each of them.

With a list of one, of keys or of texts, it is a condition of which a planner does not know that it leaves one value.
"""

from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, UUIDField
from django.db.models.fields.related import ForeignObject
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


def _as_array(lookup: Any, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    column, parameters = lookup.process_lhs(compiler, connection)
    if any(isinstance(value, str) for value in lookup.rhs):
        return f"{column} = ANY(%s::text[])", [*parameters, lookup.rhs]
    array = "{" + ",".join(map(str, lookup.rhs)) + "}"
    return f"{column} = ANY(%s::uuid[])", [*parameters, array]


@CharField.register_lookup
@UUIDField.register_lookup
class Among(In):
    """Keys of the table itself, or texts."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[UUID | str]:
        return list(self.rhs)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return _as_array(self, compiler, connection)


@ForeignObject.register_lookup
class RelatedAmong(RelatedIn):
    """Keys of another table."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[UUID | str]:
        return list(self.rhs)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return _as_array(self, compiler, connection)
