"""What operators configure by hand, as management sees it: made of the models, so that a new field is there by itself.

Values are read for their type here; whether they make sense is for the models' own checks, whose sentences the console shows too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations

from app_interface import readers
from app_interface.operations import shapes
from app_interface.parameters import Parameter
from app_interface.problems import Problem, invalid
from app_interface.readers import Reader
from epm.choices import Scope, SigningAlgorithm
from epm.dkim_keys import Step
from epm.models import Application, ApplicationAddress, Credential, EmailConnection, Mailbox, SenderDomain, Zone

_WRITE_ONLY = frozenset({"password", "client_secret", "refresh_token"})
_NOT_HERE = frozenset({"id", "zone", "signing_secret", "manages_zones"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of configured row. `lists` are the names of what it has several of, beside its own fields; `told` are fields
    that are shown and not written; `parts` are rows of its own, by the name of their schema, which have addresses of their own.
    """

    name: str
    one: str
    model: type[models.Model]
    key: str = "pk"
    lists: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def component(self) -> str:
        """Its name in the OpenAPI description."""
        return self.one.capitalize()

    @property
    def components(self) -> str:
        """What several of them are called there."""
        return self.name.capitalize()

    @property
    def fields(self) -> "list[models.Field[Any, Any]]":
        """What may be written."""
        return [f for f in self.model._meta.concrete_fields if f.editable and f.name not in _NOT_HERE]

    @property
    def shown(self) -> "list[models.Field[Any, Any]]":
        """What may be read: no secrets."""
        written = [field for field in self.fields if field.name not in _WRITE_ONLY]
        return [*written, *(f for f in self.model._meta.concrete_fields if f.name in self.told)]

    @property
    def compulsory(self) -> list[str]:
        """What a new row cannot do without."""
        return [field.name for field in self.fields if not field.has_default() and not field.blank and not field.null]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What may be changed."""
        own = (_parameter(field) for field in self.fields)
        return (*own, *(Parameter(name, _NAMES, f"All its {name}.") for name in self.lists))

    @property
    def parameters_of_new(self) -> tuple[Parameter, ...]:
        """What may be said of a new row: also its zone, which never changes."""
        return (*self.parameters, _ZONE) if self.is_in_a_zone else self.parameters

    @property
    def is_in_a_zone(self) -> bool:
        return self.model is not Zone


ZONES = Kind("zones", "zone", Zone, key="name")
APPLICATIONS = Kind("applications", "application", Application, lists=("addresses",))
CONNECTIONS = Kind("connections", "connection", EmailConnection)
CREDENTIALS = Kind(
    "credentials",
    "credential",
    Credential,
    lists=("applications",),
    told=("manages_zones", "old_secret_until", "last_used_at"),
)
MAILBOXES = Kind("mailboxes", "mailbox", Mailbox, told=("problem", "checked_at", "taken"))
DOMAINS = Kind("domains", "domain", SenderDomain, parts={"keys": "SigningKey"})
RENEWAL = (
    Parameter(
        "old_secret_until",
        readers.MOMENT,
        "Of a credential: until then its old secret is taken besides the new one. Left out, the old one stops at once.",
    ),
)
NEW_KEY = (
    Parameter(
        "algorithm",
        readers.choice({algorithm.value: algorithm for algorithm in SigningAlgorithm}),
        "RSA is understood everywhere, Ed25519 by few receivers yet.",
        required=True,
    ),
)
KEY_STEP = (
    Parameter(
        "step",
        readers.choice({step.value: step for step in Step if step is not Step.DELETE}),
        "check: look in the DNS; switch: look, and sign with it from now on; force: sign without looking; retire: sign no more.",
        required=True,
    ),
)
KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (ZONES, APPLICATIONS, CONNECTIONS, MAILBOXES, DOMAINS, CREDENTIALS)
}

_ZONE = Parameter(
    "zone",
    readers.line(40, minimum=1),
    "Its zone, for a credential that manages all zones. Left out: the zone of the credential.",
)
_NAMES = readers.list_of(readers.line(320, minimum=1), maximum=1000)
_SCOPES = Reader(
    readers.list_of(readers.line(40), maximum=20).read,
    {"type": "array", "items": {"type": "string", "enum": Scope.values}, "minItems": 1, "maxItems": 20},
)


def reader_of(field: "models.Field[Any, Any]") -> Reader[Any]:
    """How a value for `field` is read."""
    if isinstance(field, models.BooleanField):
        return Reader(readers.FLAG.read, {"type": "boolean"})
    if isinstance(field, models.IntegerField):
        return _or_null(
            readers.whole_number(*BaseDatabaseOperations.integer_field_ranges[field.get_internal_type()]), field
        )
    if isinstance(field, models.DateTimeField):
        return _or_null(readers.MOMENT, field)
    if isinstance(field, models.JSONField):
        return _SCOPES
    words = {"enum": [*([""] if field.blank else []), *(value for value, _ in field.choices)]} if field.choices else {}
    longest = field.max_length or 100_000
    return _or_null(Reader(readers.text(longest).read, {"type": "string", "maxLength": longest, **words}), field)


def _parameter(field: "models.Field[Any, Any]") -> Parameter:
    return Parameter(field.name, reader_of(field), str(field.help_text) or field.name)


def shape_of(kind: Kind, row: models.Model) -> dict[str, Any]:
    """A row as callers see it, without its secrets."""
    values = {field.name: _plain(getattr(row, field.name)) for field in kind.shown}
    zone = {"zone": row.zone.name} if kind.is_in_a_zone else {}  # type: ignore[attr-defined]
    return {"id": str(getattr(row, kind.key)), **zone, **values, **_lists(row)}


def example_of(kind: Kind, id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `shape_of` answers for a row of `given` values and defaults."""
    defaults = {field.name: _plain(field.get_default()) for field in kind.shown}
    shown = {name: value for name, value in given.items() if name not in _WRITE_ONLY}
    zone = {"zone": "main"} if kind.is_in_a_zone else {}
    return {"id": id, **zone, **defaults, **{name: [] for name in (*kind.lists, *kind.parts)}, **shown}


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of `shape_of`."""
    parameters = (*(_parameter(field) for field in kind.shown), *kind.parameters[len(kind.fields) :])
    properties = {
        "id": {"type": "string"},
        **({"zone": {"type": "string", "description": "The name of its zone."}} if kind.is_in_a_zone else {}),
        **{p.name: {**p.reader.schema, "description": p.help} for p in parameters},
        **{
            name: {"type": "array", "items": {"$ref": f"#/components/schemas/{one}"}}
            for name, one in kind.parts.items()
        },
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def checked(row: models.Model) -> None:
    """Hold `row` against its model's checks. Raises invalid_request with their first sentence, about its field."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise as_problem(error) from error


def as_problem(error: ValidationError, field: str = "") -> Problem:
    """The first of its sentences, about the field it names, or about `field`."""
    if hasattr(error, "error_dict"):
        name, sentences = next(iter(error.message_dict.items()))
        return invalid(sentences[0], field or ("" if name == "__all__" else name))
    return invalid(error.messages[0], field)


def set_addresses(application: Application, addresses: Sequence[str]) -> None:
    """Let `application` answer to exactly these. Raises invalid_request."""
    application.addresses.exclude(address__in=addresses).delete()
    known = set(application.addresses.values_list("address", flat=True))
    for position, address in enumerate(addresses):
        if address not in known:
            row = ApplicationAddress(application=application, address=address)
            try:
                row.full_clean()
            except ValidationError as error:
                raise as_problem(error, f"addresses[{position}]") from error
            row.save()


def _lists(row: models.Model) -> dict[str, list[Any]]:
    if isinstance(row, Application):
        return {"addresses": [address.address for address in row.addresses.all()]}
    if isinstance(row, Credential):
        return {"applications": [application.name for application in row.applications.all()]}
    if isinstance(row, SenderDomain):
        return {"keys": [shapes.signing_key(key) for key in row.keys.all()]}
    return {}


def _plain(value: Any) -> Any:
    return shapes.moment(value) if hasattr(value, "astimezone") else value


def _or_null(reader: Reader[Any], field: "models.Field[Any, Any]") -> Reader[Any]:
    if not field.null:
        return reader
    return Reader(
        lambda value, name: None if value is None else reader.read(value, name),
        {**reader.schema, "type": [reader.schema["type"], "null"]},
    )
