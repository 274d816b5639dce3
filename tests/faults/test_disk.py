"""The disk is full while mails are accepted: callers are refused, and what was answered 202 is kept."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import pytest

from tests.faults.conftest import CaseMaker
from tests.faults.disk import fillable_disk
from tests.faults.platform import Platform
from tests.waiting import eventually

pytestmark = pytest.mark.faults

MAILS = 40


def test_it_refuses_while_the_disk_is_full(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("disk full while accepting")
    with (
        tempfile.TemporaryDirectory(prefix="epm-disk-") as name,
        ThreadPoolExecutor(1) as pool,
        fillable_disk(platform, Path(name)) as disk,
    ):
        Path(name).chmod(0o755)
        load = pool.submit(case.insist, mails=MAILS, body=token_hex(10_000))
        eventually(lambda: len(case.accepted) >= 5, "some are accepted", log=platform.log)
        disk.fill()
        eventually(lambda: case.refusals >= 5, "some are refused", log=platform.log)
        disk.free()
        load.result()
        case.settle()
    assert case.account().arrived == MAILS
