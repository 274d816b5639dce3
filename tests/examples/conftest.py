"""The examples as processes of their own, called as a newcomer and as the platform call them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from epm.models import Application, Credential, EmailConnection
from notifications.signing import sign

EXAMPLES = settings.BASE_DIR / "examples"
PATHS = {"PATH": os.environ["PATH"], "PYTHONPATH": str(settings.BASE_DIR / "connector"), "LANG": "C.UTF-8"}


def run(*command: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env={**PATHS, **environment}, capture_output=True, text=True, timeout=600)


class Serving:
    """An example that serves, with what it prints."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.url = self.printed().split()[-1]

    def printed(self) -> str:
        """The next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> int:
        """The exit status, after SIGTERM."""
        self._process.terminate()
        return self._process.wait(timeout=10)

    def notify(self, application: Application, path: str, body: Any, *, at: datetime | None = None) -> httpx.Response:
        """Call it as the platform calls an application."""
        raw = json.dumps(body).encode()
        return httpx.post(
            f"{self.url}{path}", content=raw, headers=sign(application, "id-1", at or timezone.now(), raw)
        )


@contextmanager
def serving(example: str, environment: Mapping[str, str]) -> Iterator[Serving]:
    """Start a Python example on a free port, and end it."""
    whole = {**PATHS, **environment, "EPM_EXAMPLE_PORT": "0"}
    command = [sys.executable, str(EXAMPLES / example)]
    with subprocess.Popen(command, env=whole, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Serving(process)
        finally:
            process.terminate()  # once more does no harm


@pytest.fixture
def caller(live_server: LiveServer, credential: tuple[Credential, str], connection: EmailConnection) -> dict[str, str]:
    """The variables every example takes."""
    return {"EPM_ENDPOINT": live_server.url, "EPM_CREDENTIAL": credential[0].pk, "EPM_SECRET": credential[1]}
