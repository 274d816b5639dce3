"""Schemathesis, a stranger that knows nothing but the OpenAPI description, against a running platform."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.receivers import receiver
from tests.strangers.platform import Platform, running_platform

pytestmark = pytest.mark.strangers
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
AT_LEAST = 2000


def test_every_answer_keeps_the_contract(tmp_path: Path) -> None:
    with receiver() as application, running_platform(tmp_path, "web", application_url=application.url) as platform:
        report, told = explored(platform, tmp_path)
        incidents = [line for line in platform.log().splitlines() if "incident" in line]
    assert (report["failures"], report["errors"], incidents) == ([], [], []), told[-20_000:]
    assert report["test_cases"]["generated"] >= AT_LEAST


def explored(platform: Platform, folder: Path) -> tuple[dict[str, Any], str]:
    """What schemathesis found, and what it printed. The seed makes it ask the same every time."""
    path = folder / "report.json"
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIGURATION), "run"),
        *("--url", platform.url, "--auth", ":".join(platform.manager), "--checks", "all", "--seed", "1"),
        *("--max-examples", "10", "--generation-database", "none", "--request-timeout", "300", "--no-color"),
        *("--continue-on-failure", "--no-shrink", "--report", "json", "--report-json-path", str(path)),
        f"{platform.url}/api/v1/schema",
    ]
    environment = {**os.environ, **platform.spare}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=3600)
    assert path.exists(), done.stdout + done.stderr
    return json.loads(path.read_text()), done.stdout
