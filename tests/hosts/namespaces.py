"""Hosts of their own on this machine: network namespaces, each with a cable to a third one that mail goes to."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_hex

SERVER = "10.99.0.1"
"""The one address of the far host, by whatever cable one comes."""


def missing() -> str:
    """Why no hosts can be made here; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces must be made by root"
    if not shutil.which("ip"):
        return "Debian's iproute2 is not installed"
    probe = f"epm-{token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespace can be made: {made.stderr.strip()}"
    _ip("netns", "delete", probe)
    return ""


@dataclass(frozen=True, slots=True)
class Host:
    """`address` is the one it speaks from."""

    name: str
    address: str

    def command(self, *words: str) -> list[str]:
        """A command that runs on the host."""
        return ["ip", "netns", "exec", self.name, *words]


@contextmanager
def hosts(count: int) -> Iterator[tuple[Host, list[Host]]]:
    """The far host, and `count` others that reach it at SERVER; taken away at the end."""
    with ExitStack() as stack:
        far = stack.enter_context(_host(SERVER))
        _ip("-n", far.name, "address", "add", f"{SERVER}/32", "dev", "lo")
        near = [stack.enter_context(_host(f"10.99.{number}.1")) for number in range(1, count + 1)]
        for number, host in enumerate(near, 1):
            _join(host, far, f"10.99.{number}.2", number)
        yield far, near


@contextmanager
def _host(address: str) -> Iterator[Host]:
    host = Host(f"epm-{token_hex(3)}", address)
    _ip("netns", "add", host.name)
    try:
        _ip("-n", host.name, "link", "set", "lo", "up")
        yield host
    finally:
        _ip("netns", "delete", host.name)


def _join(host: Host, far: Host, gateway: str, number: int) -> None:
    _ip("link", "add", "cable", "netns", host.name, "type", "veth", "peer", "name", f"cable{number}", "netns", far.name)
    for name, device, address in ((host.name, "cable", host.address), (far.name, f"cable{number}", gateway)):
        _ip("-n", name, "address", "add", f"{address}/24", "dev", device)
        _ip("-n", name, "link", "set", device, "up")
    _ip("-n", host.name, "route", "add", "default", "via", gateway)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
