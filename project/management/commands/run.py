import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from honcho import manager as honcho_manager
from honcho.environ import parse_procfile
from honcho.manager import Manager

from project.seeding import SENDER_DOMAIN, FirstLogin, first_login

STOP_SECONDS = 30
"""How long processes may take to stop politely: a worker sees through what is on the wire. honcho's own 5 are too few."""


class PatientManager(Manager):  # type: ignore[misc]
    """honcho fails to end what it has not yet heard of, and leaves all of it running: asked too early, wait until it has."""

    def terminate(self) -> None:
        """End all processes, as soon as all have started."""
        if super()._all_started():
            super().terminate()

    def _all_started(self) -> bool:
        """Looked at in every round of the loop."""
        has_been_asked = self.returncode is not None
        if has_been_asked:
            self.terminate()
        return bool(super()._all_started())


class Command(BaseCommand):
    help = "Runs everything on this machine in the foreground: web, worker, beat, listener, the simulated mail world."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "run is for embedded instances; in production each process is started by itself (deploy/)."
            )
        refuse_taken_ports()
        call_command("migrate", verbosity=0)
        login = first_login()
        threading.Thread(target=_greet_when_ready, args=(login,), daemon=True).start()
        sys.exit(_run_procfile(login))


def refuse_taken_ports() -> None:
    """Raises CommandError naming every port that something else listens on, and the setting that moves it."""
    taken = [f"{name}={port} ({host})" for name, host, port in _ports() if _is_taken(host, port)]
    if taken:
        raise CommandError(
            f"Something else listens on: {', '.join(taken)}. Stop it, or choose another port by setting that variable."
        )


def _ports() -> Iterator[tuple[str, str, int]]:
    yield "EPM_WEB_PORT", settings.EPM_WEB_HOST, settings.EPM_WEB_PORT
    yield "EPM_LISTENER_PORT", settings.EPM_LISTENER_HOST, settings.EPM_LISTENER_PORT
    if settings.EPM_LMTP_PORT:
        yield "EPM_LMTP_PORT", settings.EPM_LISTENER_HOST, settings.EPM_LMTP_PORT
    yield "EPM_SIMULATOR_PORT", settings.EPM_SIMULATOR_HOST, settings.EPM_SIMULATOR_PORT
    yield "EPM_EXAMPLE_PORT", "127.0.0.1", settings.EPM_EXAMPLE_PORT


def _is_taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _run_procfile(login: FirstLogin) -> int:
    """All lines of the Procfile, until one of them ends or Ctrl-C; answers the exit status."""
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "EPM_EXAMPLE_PORT": str(settings.EPM_EXAMPLE_PORT),
        "EPM_EXAMPLE_SECRET": login.signing_secret,
    }
    honcho_manager.KILL_WAIT = STOP_SECONDS
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _stop_without_terminal)
    manager = PatientManager()
    for name, command in parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(settings.BASE_DIR))
    manager.loop()
    return int(manager.returncode or 0)


def _stop_without_terminal(number: int, frame: Any) -> None:
    """The terminal was closed: the processes have sessions of their own, and would not notice."""
    with open(os.devnull, "w") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere.fileno(), stream.fileno())
    signal.raise_signal(signal.SIGTERM)


def _greet_when_ready(login: FirstLogin) -> None:
    while not all(_is_listening(host, port) for _, host, port in _ports()):
        time.sleep(0.1)
    with urllib.request.urlopen(f"http://{settings.EPM_WEB_HOST}:{settings.EPM_WEB_PORT}/console/login/"):
        pass
    print(_greeting(login), flush=True)


def _is_listening(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _greeting(login: FirstLogin) -> str:
    url = settings.EPM_PUBLIC_URL
    mail = f'{{"from": "demo@{SENDER_DOMAIN}", "to": ["delivered@world.example"], "subject": "Hello", "body": "First mail"}}'
    return f"""
EPM is running. Ctrl-C stops it; everything it keeps is in {settings.VAR}

  Console     {url}/console/
  Login       {login.user_name}
  Password    {login.password}   (the first one; change it in the console)
  API docs    {url}/api/docs      WSDL  {url}/soap/AppIntfWS?wsdl

Send a first mail into the simulated world, then look at it in the console:

  curl -u {login.credential}:{login.secret} {url}/api/v1/emails \\
    -H 'Content-Type: application/json' \\
    -d '{mail}'
"""
