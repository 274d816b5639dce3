"""A whole platform of real processes, for clients that nobody here wrote."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from project.demo.instance import ROOT, Instance, temporary_instance
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Platform:
    """The running platform and who may call it, by credential id and secret. `spare` names rows that nothing depends on."""

    instance: Instance
    caller: tuple[str, str]
    manager: tuple[str, str]
    spare: Mapping[str, str]

    @property
    def url(self) -> str:
        return self.instance.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which examples and clients are told whom to call, and as whom."""
        return {"EPM_ENDPOINT": self.url, "EPM_CREDENTIAL": self.caller[0], "EPM_SECRET": self.caller[1]}

    def log(self) -> str:
        return self.instance.log.read_text(errors="replace")

    def status(self, message_id: str) -> dict[str, Any]:
        """getEmailStatus."""
        return self._answer(httpx.get(f"{self.url}/api/v1/emails/{message_id}", auth=self.caller, timeout=60))

    def sent_and_settled(self, address: str, state: str) -> str:
        """Send a mail and wait until it has come to `state`, with a receipt; answers its id."""
        mail = {"from": "shop@example.com", "to": [address], "subject": "Waited for"}
        accepted = self._answer(httpx.post(f"{self.url}/api/v1/emails", json=mail, auth=self.caller, timeout=60))
        id: str = accepted["message_id"]

        def is_settled() -> bool:
            (recipient,) = self.status(id)["recipients"]
            return bool(recipient["state"] == state and recipient["receipts"])

        eventually(is_settled, f"{address} is {state}", timeout=300, log=self.log)
        return id

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer


@contextmanager
def running_platform(folder: Path, *processes: str, application_url: str, **settings: str) -> Iterator[Platform]:
    """Migrates a database of its own in `folder`, casts the rows and starts `processes` of the Procfile."""
    usual = {"EPM_LOG_LEVEL": "WARNING", "EPM_WEB_WORKERS": "1"}
    with temporary_instance(folder, **usual | settings) as instance:
        _run(instance, "manage.py", "migrate", "--verbosity", "0")
        cast = json.loads(_run(instance, "-m", "tests.strangers.cast", application_url))
        instance.start(*processes)
        instance.wait_until_listening("EPM_WEB_PORT")
        yield Platform(instance, tuple(cast["caller"]), tuple(cast["manager"]), cast["spare"])


def _run(instance: Instance, *command: str) -> str:
    environment = {**os.environ, **instance.settings}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
