"""What every channel's connector is, and how it is found: by an entry point in the group `epm.data_connectors`."""

from abc import ABC, abstractmethod
from importlib.metadata import entry_points
from types import TracebackType
from typing import Any, ClassVar, Self

GROUP = "epm.data_connectors"


class DataConnector(ABC):
    """Hands messages of one channel to the platform. A further channel's package names its class as an entry point."""

    channel: ClassVar[str]

    @abstractmethod
    def send(self, message: Any) -> Any:
        """Hand over one message; answers when the platform has accepted it. Raises ConnectorError."""

    def close(self) -> None:  # noqa: B027 - a connector that holds nothing open need not say so
        """Give back what is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def available() -> list[str]:
    """The channels for which a connector is installed."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def connector_class(channel: str) -> type[DataConnector]:
    """The connector of `channel`. Raises LookupError where none is installed, TypeError where it is no DataConnector."""
    found = next(iter(entry_points(group=GROUP, name=channel)), None)
    if found is None:
        raise LookupError(f"no connector for {channel!r} is installed; there are: {', '.join(available()) or 'none'}")
    loaded = found.load()
    if not (isinstance(loaded, type) and issubclass(loaded, DataConnector)):
        raise TypeError(f"{found.value} is not a DataConnector")
    return loaded
