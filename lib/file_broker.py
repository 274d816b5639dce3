"""The embedded broker: kombu's filesystem transport, with files that appear whole or not at all.

kombu opens a message file and an exchange table before it locks and fills them, so that a reader now and then finds an empty
one; a worker dies of that. Here both are written beside their place and renamed into it (rename(2) is atomic), and a message
is taken by renaming it away, inside the same folder, so that of several readers exactly one has it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

from lib.ids import new_id


class Channel(filesystem.Channel):
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override] # its bases disagree
        # A UUIDv7 in front: names sort in the order they were put.
        _write(Path(self.data_folder_out) / f"{new_id()}.{queue}.msg", dumps(message))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{name}.taken-{uuid4()}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:  # another reader was faster
                continue
            text = taken.read_text()
            taken.unlink()
            return loads(text)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        binding = [routing_key or "", pattern or "", queue or ""]
        self._change_table(exchange, lambda bindings: bindings if binding in bindings else [binding, *bindings])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)
        binding = [routing_key or "", pattern or "", queue or ""]
        self._change_table(exchange, lambda bindings: [other for other in bindings if other != binding])

    def _change_table(self, exchange: str, change: Any) -> None:
        with _locked(Path(self.control_folder)):
            bindings = [list(binding) for binding in self.get_table(exchange)]
            _write(Path(self.control_folder) / f"{exchange}.exchange", dumps(change(bindings)))


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> None:
    """Let `filesystem://` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f".{uuid4()}.draft")
    draft.write_text(text)
    draft.rename(file)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
