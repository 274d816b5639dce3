"""The wall clock jumps by an hour, for all processes at once."""

from collections.abc import Iterator

import pytest

from tests.faults import clock as clocks
from tests.faults.clock import Clock
from tests.faults.conftest import CaseMaker
from tests.faults.machine import unavailable
from tests.faults.platform import PROCESSES, WORKER, Platform
from tests.faults.server import Step
from tests.waiting import eventually

pytestmark = pytest.mark.faults
HOUR = 3600


@pytest.fixture(scope="module")
def preloaded(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    """The whole platform lives by this clock."""
    if why := clocks.missing():
        unavailable(why)
    clock = Clock(tmp_path_factory.mktemp("clock"))
    before = dict(platform.instance.settings)
    platform.instance.settings.update(clock.environment)
    _restart(platform)
    yield clock
    platform.instance.settings.clear()
    platform.instance.settings.update(before)
    _restart(platform)


def _restart(platform: Platform) -> None:
    for name in PROCESSES:
        platform.instance.kill(name)
    platform.start(*PROCESSES)


@pytest.fixture
def clock(preloaded: Clock) -> Iterator[Clock]:
    """Goes right before and after."""
    yield preloaded
    preloaded.jump_to(0)


def test_it_loses_nothing_when_the_clock_leaps_ahead(make_case: CaseMaker, clock: Clock) -> None:
    case = make_case("clock leaps ahead by 1 h", limit=4)
    case.server.stall(Step.DOT)
    case.accept()
    case.server.wait_until_heard(Step.DOT, times=4)
    clock.jump_to(HOUR)
    case.server.go_on()
    case.settle()


def test_it_sends_what_is_new_when_the_clock_falls_back(make_case: CaseMaker, clock: Clock) -> None:
    case = make_case("clock falls back by 1 h", limit=4)
    case.server.stall(Step.DOT)
    case.accept()
    case.server.wait_until_heard(Step.DOT, times=4)
    clock.jump_to(-HOUR)
    case.server.go_on()
    earlier = set(case.accepted)
    case.accept(mails=2)
    eventually(lambda: set(case.accepted) - earlier <= case.server.taken.keys(), "the new ones", log=case.platform.log)
    # What was due at an hour that is yet to come again waits for it.
    clock.jump_to(0)
    case.settle()


def test_it_goes_on_sweeping_when_the_clock_falls_back(make_case: CaseMaker, platform: Platform, clock: Clock) -> None:
    case = make_case("clock falls back by 1 h, then no doorbell rings")
    clock.jump_to(-HOUR)
    platform.instance.kill(WORKER)
    case.accept()
    platform.broker.empty()
    platform.start(WORKER)
    case.settle()


def test_it_finds_what_a_dead_worker_left_when_the_clock_leaps_ahead(
    make_case: CaseMaker, platform: Platform, clock: Clock
) -> None:
    case = make_case("clock leaps ahead by 1 h, worker killed", limit=4)
    case.server.stall(Step.DOT)
    case.accept()
    case.server.wait_until_heard(Step.DOT, times=4)
    platform.instance.kill(WORKER)
    clock.jump_to(HOUR)
    case.server.heal()
    platform.start(WORKER)
    case.settle()
