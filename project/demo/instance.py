"""A temporary instance of the platform: free ports, a folder of its own, every process of the Procfile as a child.

On PostgreSQL it makes a database of its own beside the one DATABASE_URL names and drops it at the end; on Redis it puts a
prefix of its own before every key. Nothing that was there before is touched.
"""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit, urlunsplit

import psycopg
from honcho.environ import parse_procfile
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("EPM_WEB_PORT", "EPM_LISTENER_PORT", "EPM_LMTP_PORT", "EPM_SIMULATOR_PORT", "EPM_EXAMPLE_PORT")
START_TIMEOUT = 180.0
DYING_SECONDS = 2.0
"""How long children may take to go that were killed: for ever, to all appearance, where nobody collects orphans."""


class Instance:
    """The running processes. `settings` are the environment variables they run with."""

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self.settings = dict(settings)
        self.log = log
        self._commands = parse_procfile((ROOT / "Procfile").read_text()).processes
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def port(self, name: str) -> int:
        return int(self.settings[name])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port('EPM_WEB_PORT')}"

    def start(self, *names: str) -> None:
        """Start processes of the Procfile."""
        for name in names:
            self.start_with(name)

    def start_with(self, name: str, *arguments: str) -> None:
        """Start one process of the Procfile, with more arguments, in a process group of its own."""
        with self.log.open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*shlex.split(self._commands[name]), *arguments],
                cwd=ROOT,
                env={**os.environ, **self.settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def group(self, name: str) -> int:
        """The process group of a running process: its own id, and what its children are found by."""
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """kill -9 the process and its children, and wait until they are gone."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # The last child still holds the listening socket: whoever asks whether the next process listens would be misled.
        deadline = time.monotonic() + DYING_SECONDS
        while _has_members(process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        """End what still runs, politely first."""
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + 10
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()

    def wait_until_listening(self, *names: str) -> None:
        """Until every port in `names` answers. Raises RuntimeError with the end of the log where one does not in time."""
        for name in names:
            try:
                wait_until_listening(self.port(name), timeout=START_TIMEOUT)
            except TimeoutError:
                raise RuntimeError(f"nothing listens on {name}:\n{self.log.read_text()[-3000:]}") from None


@contextmanager
def temporary_instance(folder: Path, **settings: str) -> Iterator[Instance]:
    """Prepares an instance in `folder` (migrated, nothing started), and takes everything away at the end, also on SIGTERM and
    where the terminal is closed.
    """
    with ExitStack() as stack:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if (usual := signal.getsignal(number)) is not signal.SIG_IGN:
                stack.callback(signal.signal, number, usual)
                signal.signal(number, _end)
        environment = {
            "EPM_VAR": str(folder),
            "EPM_MODE": "embedded",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "EPM_BROKER_PREFIX": f"epm-{token_hex(4)}-",
            **{name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)},
            **settings,
        }
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            environment["DATABASE_URL"] = stack.enter_context(_own_database(os.environ["DATABASE_URL"]))
        instance = Instance(environment, folder / "log")
        stack.callback(instance.stop)
        yield instance


def _end(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at this moment."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def wait_until_listening(port: int, *, timeout: float) -> None:
    """Until somebody listens on `port` of loopback. Raises TimeoutError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not _is_listening(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.05)


def _is_listening(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def _own_database(url: str) -> Iterator[str]:
    name = f"epm_demo_{token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            parts = urlsplit(url)
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
