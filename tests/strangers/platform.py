"""A whole platform of real processes, for clients that nobody here wrote."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project.demo.instance import ROOT, Instance, temporary_instance


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

    def log(self) -> str:
        return self.instance.log.read_text(errors="replace")


@contextmanager
def running_platform(folder: Path, *processes: str, application_url: str, **settings: str) -> Iterator[Platform]:
    """Migrates a database of its own in `folder`, casts the rows and starts `processes` of the Procfile."""
    with temporary_instance(folder, EPM_LOG_LEVEL="WARNING", EPM_WEB_WORKERS="1", **settings) as instance:
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
