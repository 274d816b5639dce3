"""The suppression list: who gets no mail of an application, or of a whole zone."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from app_interface.authentication import Caller
from app_interface.operations import shapes
from app_interface.operations.shapes import Shape
from app_interface.operations.status import uuid_of
from app_interface.pages import Stream, applications_of, newest
from app_interface.problems import Problem, not_found
from app_interface.queries import SUPPRESS, SUPPRESSIONS, read_query
from app_interface.requests import read_values
from email_processor import suppression
from email_processor.models import Suppression
from epm.choices import Scope
from epm.models import Application


def suppressions(caller: Caller, query: Mapping[str, Any]) -> Shape:
    """Answers {suppressions: […], next}, newest first; what has run out is left out. Raises as every list."""
    caller.require(Scope.READ)
    values = read_query(SUPPRESSIONS, query)
    shown = Suppression.objects.select_related("zone", "application")
    rows, cursor = newest(shown, [_stream(caller, values)], values)
    return {"suppressions": [shapes.suppression(row) for row in rows], "next": cursor}


def suppress(caller: Caller, parameters: Mapping[str, Any]) -> Shape:
    """Put an address on the list; answers its entry. Raises not_permitted, invalid_request, unknown_application."""
    caller.require(Scope.SEND)
    values = read_values(SUPPRESS, parameters)
    entry = suppression.suppress(
        caller.zone,
        _application(caller, values),
        values["address"],
        values.get("reason", ""),
        Suppression.Source.API,
        expires_at=values.get("expiresAt"),
    )
    return shapes.suppression(entry)


def lift(caller: Caller, suppression_id: str) -> None:
    """Take an entry off the list. Raises not_permitted, not_found."""
    caller.require(Scope.SEND)
    one = suppression.standing().filter(pk=uuid_of(suppression_id, "suppression")).select_related("zone", "application")
    entry = one.filter(_binding(caller, {})).first()
    if entry is None:
        raise not_found("suppression")
    if entry.application is None:
        _require_whole_zone(caller)
    suppression.lift(entry.zone, entry.application, entry.address)


def _stream(caller: Caller, values: Mapping[str, Any]) -> Stream[Suppression]:
    rows = suppression.standing()
    if "address" in values:
        rows = rows.filter(zone=caller.zone, address=suppression.comparable(values["address"]))
    return Stream(rows, (), _binding(caller, values))


def _binding(caller: Caller, values: Mapping[str, Any]) -> Q:
    """Its applications' entries, and those of its zone, which bind it too."""
    theirs = Q(application__in=[one.pk for one in applications_of(caller, values)])
    return Q(zone=caller.zone) & (theirs if "application" in values else theirs | Q(application=None))


def _application(caller: Caller, values: Mapping[str, Any]) -> Application | None:
    if "application" in values:
        return caller.application(values["application"])
    _require_whole_zone(caller)
    return None


def _require_whole_zone(caller: Caller) -> None:
    if not caller.credential.all_applications:
        raise Problem("not_permitted", "What holds for the whole zone needs a credential of all its applications.")
