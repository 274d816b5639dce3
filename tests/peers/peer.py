"""Mail servers of other makes on loopback, from Debian's packages: each over a copy of this system that nobody else sees.

.ci/run downloads the packages to PACKAGES; enter.sh installs one there, and the recipe `<make>.sh` configures and starts it.
What a recipe does with a recipient depends on the domain:
  local.test     bob@ has a mailbox, team@ is an alias, nobody else is known
  nodsn.test     handed to a next hop that offers no DSN
  slow.test      handed to a next hop that nobody listens on, where the make sends delay reports within seconds
  refusing.test  handed to `reports_to`, which refuses it; reports on bounces.example.com are handed there, too
"""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from project.demo.instance import free_ports, wait_until_listening
from tests.certificates import make_certificate

HERE = Path(__file__).parent
PACKAGES = Path("/opt/epm-peers")
START_TIMEOUT = 120.0
DEBIAN = {"opensmtpd": "opensmtpd", "sendmail": "sendmail-bin", "courier": "courier-mta", "chasquid": "chasquid"}
"""The packages, by make."""


def missing(make: str) -> str:
    """Why no server of this make can be started here; empty where one can."""
    if not list(PACKAGES.glob(f"{DEBIAN[make]}_*.deb")):
        return f"Debian's {DEBIAN[make]} is not downloaded to {PACKAGES}"
    if os.geteuid() != 0:
        return "a private system must be laid out by root"
    return ""


@dataclass(frozen=True, slots=True)
class Peer:
    port: int
    folder: Path

    def log(self) -> str:
        return (self.folder / "output").read_text() + (self.folder / "syslog").read_text(errors="replace")


@contextmanager
def running_peer(make: str, folder: Path, *, reports_to: int, next_hop_without_dsn: int) -> Iterator[Peer]:
    """Installs and starts it, yields where it listens, and takes all of it away."""
    port, nobody = free_ports(2)
    certificate, key = make_certificate(folder)
    variables = {
        "FOLDER": folder,
        "LOG": folder / "log",
        "PACKAGE": DEBIAN[make],
        "PACKAGES": PACKAGES,
        "RECIPE": HERE / f"{make}.sh",
        "CERTIFICATE": certificate,
        "KEY": key,
        "PORT": port,
        "HOP": next_hop_without_dsn,
        "NOBODY": nobody,
        "REPORTS_TO": reports_to,
    }
    peer = Peer(port, folder)
    with _syslog(folder), _own_system({name: str(value) for name, value in variables.items()}, folder / "output"):
        try:
            wait_until_listening(port, timeout=START_TIMEOUT)
        except TimeoutError:
            raise RuntimeError(f"{make} does not start:\n{peer.log()[-3000:]}") from None
        yield peer


@contextmanager
def _own_system(variables: dict[str, str], output: Path) -> Iterator[None]:
    """Namespaces of its own: what mounts or starts in them ends with their first process, and that with `unshare`."""
    command = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "bash", "-eu", str(HERE / "enter.sh")]
    with output.open("wb") as written:
        environment = {"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive", **variables}
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def _syslog(folder: Path) -> Iterator[None]:
    """What would be the system's log: kept in a file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log, (folder / "syslog").open("wb", buffering=0) as kept:
        log.bind(str(folder / "log"))
        (folder / "log").chmod(0o666)
        reader = Thread(target=_keep, args=(log, kept.write), daemon=True)
        reader.start()
        yield
        log.shutdown(socket.SHUT_RDWR)
        reader.join()


def _keep(log: socket.socket, write: Callable[[bytes], object]) -> None:
    while line := log.recv(65_536):
        write(line.rstrip(b"\n") + b"\n")
