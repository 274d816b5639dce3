"""Management: what an operator configures by hand, by the same checks and with the same sentences.

A credential manages its own zone. What is not of one application alone (zone, connections, credentials) needs a credential of
all applications: another could give itself more than it has. One that an operator lets manage all zones (`manages_zones`) makes
zones, and configures every one of them; it is out of the reach of all others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet, UUIDField
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.configuration import (
    APPLICATIONS,
    CREDENTIALS,
    RENEWAL,
    ZONES,
    Kind,
    as_problem,
    checked,
    set_addresses,
    shape_of,
)
from app_interface.operations.shapes import Shape
from app_interface.problems import Problem, invalid, not_found
from app_interface.requests import read_values
from epm import validation
from epm.choices import Scope
from epm.models import Application, Credential, Zone
from epm.models.application import new_signing_secret


def rows_of(caller: Caller, kind: Kind) -> Shape:
    """Answers {<kind>: […]}: all of them. Raises not_permitted."""
    return {kind.name: [shape_of(kind, row) for row in _visible(caller, kind)]}


def row_of(caller: Caller, kind: Kind, key: str) -> Shape:
    """One of them. Raises not_permitted, not_found."""
    return shape_of(kind, found_row(caller, kind, key))


def create(caller: Caller, kind: Kind, parameters: Mapping[str, Any]) -> Shape:
    """Make one; answers it, and its secret this once. Raises not_permitted, invalid_request."""
    _require(caller, kind)
    if kind is ZONES and not caller.credential.manages_zones:
        raise Problem("not_permitted", "To make zones, a credential must be let manage all zones.")
    if not _is_of_all(caller):
        raise Problem(
            "not_permitted", "A credential makes new rows in its own zone, if it is for all its applications."
        )
    values = read_values(kind.parameters_of_new, parameters)
    row = kind.model(zone=_zone(caller, values.pop("zone", ""))) if kind.is_in_a_zone else kind.model()
    secret = _new_secret(row)
    _write(row, kind, values)
    return {**shape_of(kind, row), **secret}


def change(caller: Caller, kind: Kind, key: str, parameters: Mapping[str, Any]) -> Shape:
    """Change what is given, leave the rest. Raises not_permitted, not_found, invalid_request."""
    row = found_row(caller, kind, key)
    _write(row, kind, read_values(kind.parameters, parameters))
    return row_of(caller, kind, key)


def remove(caller: Caller, kind: Kind, key: str) -> None:
    """Delete one that nothing depends on. Raises not_permitted, not_found, invalid_request."""
    row = found_row(caller, kind, key)
    if row == caller.credential:
        raise invalid("A credential does not delete itself.")
    try:
        row.delete()
    except ProtectedError as error:
        raise invalid(f"This {kind.one} has been used and stays with what depends on it.") from error


def renew_secret(caller: Caller, kind: Kind, key: str, parameters: Mapping[str, Any]) -> Shape:
    """A fresh secret, shown this once. Of a credential the old one is taken until the moment asked for; else it stops at once.

    Raises not_permitted, not_found, invalid_request.
    """
    row = found_row(caller, kind, key)
    values = read_values(RENEWAL if kind is CREDENTIALS else (), parameters)
    old_until = values.get("old_secret_until")
    if old_until is not None and old_until <= timezone.now():
        raise invalid("This moment has passed. Leave it out, and the old secret stops at once.", "old_secret_until")
    secret = _new_secret(row, old_until)
    row.save()
    return {"id": str(row.pk), **secret}


def end_old_secret(caller: Caller, key: str) -> None:
    """Take a credential's old secret no more. Raises not_permitted, not_found."""
    row = found_row(caller, CREDENTIALS, key)
    row.end_old_secret()
    row.save()


def _require(caller: Caller, kind: Kind) -> None:
    caller.require(Scope.MANAGE)
    if kind is not APPLICATIONS and not _is_of_all(caller):
        raise Problem("not_permitted", f"To manage {kind.name}, a credential must be for all applications of its zone.")


def _is_of_all(caller: Caller) -> bool:
    return caller.credential.all_applications or caller.credential.manages_zones


def _zone(caller: Caller, name: str) -> Zone:
    """The zone that a new row is to be in; without a name the caller's own. Raises invalid_request."""
    zone = _zones(caller).filter(name=name).first() if name else caller.zone
    if zone is None:
        raise invalid(f"There is no zone {name!r} that this credential manages.", "zone")
    return zone


def _zones(caller: Caller) -> "QuerySet[Zone]":
    zones = Zone.objects.all()
    return zones if caller.credential.manages_zones else zones.filter(pk=caller.zone.pk)


def _visible(caller: Caller, kind: Kind) -> "QuerySet[Any]":
    _require(caller, kind)
    if kind is ZONES:
        return _zones(caller)
    rows = kind.model._default_manager.select_related("zone").prefetch_related(*kind.lists, *kind.parts)
    if caller.credential.manages_zones:
        return rows
    if kind is APPLICATIONS:
        return rows.filter(pk__in=caller.applications().values("pk"))
    if kind is CREDENTIALS:
        # Who manages all zones is nobody's to manage but its own kind's: with its secret one would have all zones.
        rows = rows.filter(manages_zones=False)
    return rows.filter(zone=caller.zone)


def found_row(caller: Caller, kind: Kind, key: str) -> Any:
    """The row that the caller may manage. Raises not_permitted, not_found."""
    rows = _visible(caller, kind)
    try:
        row = rows.filter(**{kind.key: _key(kind, key)}).first()
    except ValueError:
        row = None
    if row is None:
        raise not_found(kind.one)
    return row


def _key(kind: Kind, key: str) -> Any:
    """Raises ValueError where it cannot be the key of such a row."""
    if isinstance(kind.model._meta.pk, UUIDField):
        return UUID(key)
    if "\0" in key or len(key) > 40:
        raise ValueError("no key")
    return key


def _write(row: Model, kind: Kind, values: Mapping[str, Any]) -> None:
    """Set, check and save in one transaction."""
    with transaction.atomic():
        for name in values.keys() - set(kind.lists):
            setattr(row, name, values[name])
        checked(row)
        row.save()
        if isinstance(row, Application) and "addresses" in values:
            set_addresses(row, values["addresses"])
        if isinstance(row, Credential):
            _set_applications(row, values.get("applications"))


def _set_applications(credential: Credential, names: Sequence[str] | None) -> None:
    """Raises invalid_request where they do not fit the credential; without `names` it keeps what it has."""
    known = {row.name: row for row in Application.objects.filter(zone=credential.zone)}
    for position, name in enumerate(names or ()):
        if name not in known:
            raise invalid(f"The zone has no application {name!r}.", f"applications[{position}]")
    chosen = list(credential.applications.all()) if names is None else [known[name] for name in names]
    try:
        validation.check_applications_of(credential, chosen)
    except ValidationError as error:
        raise as_problem(error) from error
    credential.applications.set(chosen)


def _new_secret(row: Model, old_until: datetime | None = None) -> dict[str, str]:
    if isinstance(row, Credential):
        return {"secret": row.renew_secret(old_until)}
    if isinstance(row, Application):
        row.signing_secret = new_signing_secret()
        return {"signing_secret": row.signing_secret}
    return {}
