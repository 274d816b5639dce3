import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.together import PATIENCE, Together
from tests.waiting import eventually


class Refuses(Exception):
    """What one of several asked cannot be done."""


class Away(Exception):
    """Nothing can be done now."""


class Office:
    """Doubles numbers. The first to come is kept inside until `company` others wait."""

    def __init__(self, company: int, error: Exception | None = None, patience: float = PATIENCE) -> None:
        self.runs: list[Sequence[int]] = []
        self.together = Together(self.run, hopeless=(Away,), patience=patience)
        self._company, self._error = company, error
        self._inside = threading.Event()

    def run(self, asked: Sequence[int]) -> list[int]:
        self.runs.append(asked)
        if asked == [0]:
            self._inside.set()
            eventually(lambda: len(self.together._waiting) == self._company, "nobody came")
            return [0]
        if 13 in asked and self._error:
            raise self._error
        return [2 * number for number in asked]

    def wait_until_busy(self) -> None:
        """Until the first is inside."""
        self._inside.wait()

    def ask(self, *numbers: int) -> list[int | str]:
        """The answers to 0, which comes first, and then to `numbers`, which come together; of errors, their kinds."""
        with ThreadPoolExecutor(1 + len(numbers)) as threads:
            first = threads.submit(self._answer, 0)
            self.wait_until_busy()
            others = list(threads.map(self._answer, numbers))
            return [first.result(), *others]

    def _answer(self, number: int) -> int | str:
        try:
            return self.together(number)
        except Exception as error:
            return type(error).__name__


def test_who_comes_alone_is_served_at_once() -> None:
    office = Office(0)
    assert office.together(4) == 8
    assert office.together(5) == 10
    assert office.runs == [[4], [5]]


def test_who_comes_meanwhile_is_served_together() -> None:
    office = Office(3)
    assert office.ask(1, 2, 3) == [0, 2, 4, 6]
    assert [sorted(run) for run in office.runs] == [[0], [1, 2, 3]]


def test_an_error_is_told_to_nobody_else() -> None:
    assert Office(3, Refuses()).ask(1, 13, 3) == [0, 2, "Refuses", 6]


def test_nothing_is_tried_again_where_that_is_hopeless() -> None:
    office = Office(3, Away())
    assert office.ask(1, 13, 3) == [0, "Away", "Away", "Away"]
    assert len(office.runs) == 2


def test_who_was_there_before_is_waited_for() -> None:
    office = Office(3, patience=60)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(office.together, 0)
        office.wait_until_busy()
        others = [threads.submit(office.together, number) for number in (1, 2, 3)]
        assert first.result() == 0
        again = threads.submit(office.together, 4)
        assert sorted(other.result() for other in (*others, again)) == [2, 4, 6, 8]
    assert [sorted(run) for run in office.runs] == [[0], [1, 2, 3, 4]]


def test_nobody_is_waited_for_in_vain_for_long() -> None:
    office = Office(3, patience=0)
    office.ask(1, 2, 3)
    assert office.together(4) == 8
    assert len(office.runs) == 3


def test_it_goes_on_after_an_error() -> None:
    office = Office(0, Refuses())
    with pytest.raises(Refuses):
        office.together(13)
    assert office.together(1) == 2
