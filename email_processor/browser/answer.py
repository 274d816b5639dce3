"""What an application answers: nothing, or {actions: […], variables: {…}}; read strictly."""

import json
from dataclasses import dataclass, field
from typing import Any

from email_processor.browser.payload import storable
from lib.http import Answer

LIMIT = 5_000_000
"""Octets of an answer."""
VARIABLES_LIMIT = 64_000
"""Octets of a session's variables as JSON."""
ACTIONS = 20


class BadAnswer(Exception):
    """An answer that is not what contract.md 7 says; the message says in plain words what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the application asks for. `empty`: it answered nothing, which ends the session."""

    actions: tuple[Any, ...] = ()
    variables: dict[str, Any] = field(default_factory=dict)
    empty: bool = False

    def as_json(self) -> dict[str, Any] | None:
        return None if self.empty else {"actions": list(self.actions), "variables": self.variables}


def read(answer: Answer) -> Asked:
    """The body of a 2xx answer. Raises BadAnswer."""
    if answer.cut:
        raise BadAnswer(f"the answer is longer than {LIMIT:,} octets")
    if not answer.body.strip():
        return Asked(empty=True)
    asked = _json(answer.body)
    if not isinstance(asked, dict):
        raise BadAnswer("the answer is not a JSON object")
    if unknown := asked.keys() - {"actions", "variables"}:
        raise BadAnswer(f"the answer has a member {min(unknown)[:50]!r}; it may have actions and variables")
    return Asked(_actions(asked.get("actions", [])), _variables(asked.get("variables", {})))


def merged(variables: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """A session's variables after the answer: names given are set, others stay. Raises BadAnswer where that is too much."""
    both = {**variables, **asked.variables}
    if len(json.dumps(both)) > VARIABLES_LIMIT:
        raise BadAnswer(f"the session's variables have more than {VARIABLES_LIMIT:,} octets")
    return both


def _json(body: bytes) -> Any:
    try:
        value = json.loads(body)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("the answer is not JSON (RFC 8259)") from error
    return storable(value)


def _actions(actions: Any) -> tuple[Any, ...]:
    if not isinstance(actions, list):
        raise BadAnswer("actions is not a list")
    if len(actions) > ACTIONS:
        raise BadAnswer(f"there are {len(actions)} actions; at most {ACTIONS} are performed")
    return tuple(actions)


def _variables(variables: Any) -> dict[str, Any]:
    if not isinstance(variables, dict):
        raise BadAnswer("variables is not an object")
    return variables
