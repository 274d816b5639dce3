"""One HTTP exchange as a value: the doors say what to ask and how to read it, the two clients do the asking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

T_co = TypeVar("T_co", covariant=True)
USUAL_TIMEOUT = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Exchange(Generic[T_co]):
    """`read` raises ConnectorError where the answer is none. `timeout`: seconds the operation may take."""

    method: str
    path: str
    read: Callable[[httpx.Response], T_co]
    timeout: float = USUAL_TIMEOUT
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What else httpx is to send: json, content, params, headers."""
