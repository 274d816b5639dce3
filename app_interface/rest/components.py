"""The schemas of the OpenAPI description: requests from the tables in `parameters`, what is managed from the models, answers."""

from typing import Any

from app_interface.batches import MOST_MAILS
from app_interface.configuration import KEY_STEP, KINDS, NEW_KEY, RENEWAL, schema_of
from app_interface.parameters import BATCH_MESSAGE, LAUNCH, SEND, Parameter
from app_interface.queries import REPLAY, SUPPRESS
from app_interface.rest.answer_schemas import SCHEMAS
from app_interface.rest.schemas import NUMBER, TEXT, Schema, list_of, object_of, ref

_HEADERS: Schema = {
    name: {"description": description, "schema": schema}
    for name, description, schema in (
        ("Retry-After", "Seconds until it may succeed.", NUMBER),
        (
            "RateLimit-Policy",
            "The limits of the credential, if it has any (draft-ietf-httpapi-ratelimit-headers).",
            TEXT,
        ),
        ("RateLimit", "What is left of them: r units, all of them again in t seconds.", TEXT),
    )
}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """drf-spectacular's post-processing hook: puts the schemas where `ref` points, says which bodies are compulsory, and which
    header fields answers to credentials with limits have.
    """
    result["components"].setdefault("schemas", {}).update(components())
    result["components"]["headers"] = _HEADERS
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = ref("Renewal") not in _schemas(operation["requestBody"])
            if "security" in operation:
                _with_headers(operation["responses"])
            else:
                operation["security"] = []  # said aloud: nobody has to log in
    return result


def _schemas(body: Schema) -> list[Schema]:
    return [content["schema"] for content in body["content"].values()]


def _with_headers(responses: Schema) -> None:
    for status, answer in responses.items():
        names = [name for name in _HEADERS if name != "Retry-After" or status in ("409", "429")]
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def components() -> Schema:
    """Every schema by its name."""
    return {
        "SendEmail": _request(SEND),
        "Batch": _batch(),
        "BatchMessage": _request(BATCH_MESSAGE),
        "LaunchEmail": _request(LAUNCH),
        "Replay": _request(REPLAY),
        "Suppress": _request(SUPPRESS),
        "Renewal": _request(RENEWAL),
        "NewSigningKey": _request(NEW_KEY),
        "SigningKeyStep": _request(KEY_STEP),
        **_managed(),
        **SCHEMAS,
    }


def _request(table: tuple[Parameter, ...]) -> Schema:
    return {
        "type": "object",
        "required": [parameter.name for parameter in table if parameter.required],
        "properties": {
            parameter.name: {**parameter.reader.schema, "description": parameter.help} for parameter in table
        },
        "additionalProperties": False,
    }


def _batch() -> Schema:
    """What holds for all, and the messages."""
    messages = {"type": "array", "items": ref("BatchMessage"), "minItems": 1, "maxItems": MOST_MAILS}
    common = _request(BATCH_MESSAGE)
    return {**common, "properties": {**common["properties"], "messages": messages}}


def _managed() -> Schema:
    """What management reads and answers."""
    schemas = {}
    for kind in KINDS.values():
        schemas[kind.component] = schema_of(kind)
        schemas[kind.components] = object_of(**{kind.name: list_of(ref(kind.component))})
        schemas[f"{kind.component}Fields"] = _request(kind.parameters)
        schemas[f"New{kind.component}"] = {**_request(kind.parameters_of_new), "required": kind.compulsory}
    return schemas
