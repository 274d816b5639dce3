"""The words in which JSON Schemas are written here."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
SECONDS: Schema = {"type": "number", "description": "Seconds."}
ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}
TEXTS: Schema = {"type": "array", "items": TEXT}
FIELDS: Schema = {"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}}


def ref(name: str) -> Schema:
    """A reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(name: str, item: Schema) -> Schema:
    """An answer that is a page of a list."""
    return object_of(**{name: list_of(item)}, next={**or_null(TEXT), "description": "The cursor of the next page."})


def object_of(**properties: Schema) -> Schema:
    """An answer: every member is always there."""
    return {"type": "object", "required": list(properties), "properties": properties}


def list_of(schema: Schema) -> Schema:
    """Several."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """Or nothing."""
    return {**schema, "type": [schema["type"], "null"]}


def one_of(choices: Any, **more: Any) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": [str(choice) for choice in choices], **more}
