"""Large mails leave a web process as it was."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.strangers.platform import Platform, running_platform

OCTETS, MAILS = 8_000_000, 10


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("memory"), "web", application_url="http://127.0.0.1:9") as running:
        yield running


def children(parent: int) -> list[int]:
    """The web workers."""
    return [int(id) for id in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def highest(process: int) -> int:
    """Octets of memory that a process had at most (man 5 proc, VmHWM)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_memory_stays_flat_under_large_mails(platform: Platform) -> None:
    # Whoever listens may not have forked yet; whoever answers has.
    assert httpx.get(f"{platform.url}/api/v1/status", auth=platform.caller, timeout=60).status_code == 200
    (worker,) = children(platform.instance.group("web"))
    content = base64.b64encode(os.urandom(OCTETS)).decode()
    mail = {
        "from": "shop@example.com",
        "to": ["jo@example.net"],
        "attachments": [{"fileName": "a", "content": content}],
    }
    body, headers = json.dumps(mail).encode(), {"Content-Type": "application/json"}
    after = []
    for _ in range(MAILS):
        answer = httpx.post(
            f"{platform.url}/api/v1/emails", content=body, headers=headers, auth=platform.caller, timeout=120
        )
        assert answer.status_code == 202
        after.append(highest(worker))
    # Each left more than 60 MB behind before they were let go of; threads that see their first large mail take a little.
    assert after[-1] - after[2] < 5 * OCTETS
