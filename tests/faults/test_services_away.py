"""The broker emptied, stopped, restarted empty; the database restarted. All under load."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.case import Case
from tests.faults.conftest import CaseMaker
from tests.faults.platform import Platform
from tests.waiting import eventually

pytestmark = pytest.mark.faults

MAILS = 60


def under_load(case: Case, fault: Callable[[], None]) -> None:
    """Let `fault` strike while mails are accepted and sent; then see all of them through."""
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(case.insist, mails=MAILS)
        eventually(lambda: case.server.taken.total() >= 5, "some have left", log=case.platform.log)
        fault()
        load.result()
    case.settle(timeout=60)
    assert case.account().arrived == MAILS


def test_it_does_without_what_the_broker_has_forgotten(make_case: CaseMaker, platform: Platform) -> None:
    under_load(make_case("broker emptied"), platform.broker.empty)


def test_it_accepts_while_the_broker_is_away(make_case: CaseMaker, platform: Platform) -> None:
    if not platform.broker.can_stop:
        pytest.skip("the embedded broker is a folder: nothing runs that could be stopped")
    case = make_case("broker stopped for a while, restarted empty")

    def fault() -> None:
        platform.broker.stop()
        before = len(case.accepted)
        eventually(lambda: len(case.accepted) >= min(before + 5, MAILS), "accepted without a broker", log=platform.log)
        platform.broker.start()

    under_load(case, fault)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_it_survives_a_restart_of_the_database(make_case: CaseMaker, platform: Platform, mode: str) -> None:
    if platform.postgres is None:
        pytest.skip("SQLite runs inside the processes that are killed elsewhere")
    under_load(make_case(f"PostgreSQL restarted under load ({mode})"), lambda: platform.restart_database(mode))
