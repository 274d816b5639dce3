"""The operations as values, for both connectors: which door they go through, what they ask and what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from epm_connector.exchange import Exchange
from epm_connector.requests import Email
from epm_connector.rest import RestDoor
from epm_connector.results import Batch, Cancelled, Events, Launched, Sent, Status
from epm_connector.soap import SoapDoor

T = TypeVar("T")
Answer = dict[str, Any]


class Door(Protocol):
    """The operations over one protocol; answers have the shape of the REST JSON. All raise ConnectorError."""

    def opening(self) -> Exchange[None] | None:
        """What has to be asked before the first call, if anything."""

    def send(self, email: Email, application: str) -> Exchange[Answer]: ...

    def launch(self, email: Email, application: str, further: dict[str, Any]) -> Exchange[Answer]: ...

    def status(self, id: str) -> Exchange[Answer]: ...

    def cancel(self, id: str) -> Exchange[Answer]: ...


DOORS: Mapping[str, Callable[[], Door]] = {"rest": RestDoor, "soap": SoapDoor}


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One operation, to be tried once or several times: `make` after the opening, then `read` what was answered."""

    opening: Callable[[], Exchange[None] | None]
    make: Callable[[], Exchange[Answer]]
    read: Callable[[Answer], T]


class Calls:
    """The calls for one email application over one protocol. Batches and events exist over REST only, and go there."""

    def __init__(self, application: str, protocol: str) -> None:
        if protocol not in DOORS:
            raise ValueError(f"protocol is {protocol!r}; expected {' or '.join(DOORS)}")
        self.application = application
        self._door, self._rest = DOORS[protocol](), RestDoor()

    def send(self, message: Email) -> Call[Sent]:
        asked = _with_key(message)
        return self._call(lambda: self._door.send(asked, self.application), Sent.of)

    def send_batch(self, messages: Sequence[Email], key: str) -> Call[Batch]:
        asked, known = list(messages), key or str(uuid4())
        return Call(self._rest.opening, lambda: self._rest.send_batch(asked, self.application, known), Batch.of)

    def launch(self, message: Email, app_parameters: Mapping[str, str] | None, parent_id: str) -> Call[Launched]:
        asked = _with_key(message)
        given = {"appParameters": dict(app_parameters or {}), "parentID": parent_id}
        further = {name: value for name, value in given.items() if value}
        return self._call(lambda: self._door.launch(asked, self.application, further), Launched.of)

    def status(self, message_id: str) -> Call[Status]:
        return self._call(lambda: self._door.status(message_id), Status.of)

    def cancel(self, message_id: str) -> Call[Cancelled]:
        return self._call(lambda: self._door.cancel(message_id), Cancelled.of)

    def events(self, after: str, wait: int, limit: int, type: str) -> Call[Events]:
        query = {"application": self.application, "after": after, "limit": limit, "type": type}
        return Call(self._rest.opening, lambda: self._rest.events(query, wait), Events.of)

    def _call(self, make: Callable[[], Exchange[Answer]], read: Callable[[Answer], T]) -> Call[T]:
        return Call(self._door.opening, make, read)


def _with_key(message: Email) -> Email:
    return message if message.idempotency_key else replace(message, idempotency_key=str(uuid4()))
