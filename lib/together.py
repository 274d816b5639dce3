"""Work that several threads of a process bring at the same time, done at once: a commit costs for ten what it costs for one.

Who comes alone is served at once, in his own thread; what comes meanwhile is served together afterwards, by the thread that has
waited longest. Where several were served just now, they are likely to ask again: they are waited for, a few milliseconds at most.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

PATIENCE = 0.006
"""Seconds after a run in which those who were there are waited for."""


class Together(Generic[Asked, Answer]):
    """Calls of `run`, which takes what several asked and answers in their order.

    Where `run` raises for several, each is run alone, so that what one of them asked spoils it for no other. An error of
    `hopeless` is everybody's at once: it says nothing about what was asked, or leaves open what was done.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Asked]], Sequence[Answer]],
        *,
        hopeless: tuple[type[Exception], ...] = (),
        patience: float = PATIENCE,
    ) -> None:
        self._run, self._hopeless, self._patience = run, hopeless, patience
        self._lock = threading.Lock()
        self._waiting: list[_Call[Asked, Answer]] = []
        self._is_busy = False
        self._expected, self._expected_until = 1, 0.0
        self._are_there = threading.Event()

    def __call__(self, asked: Asked) -> Answer:
        """The answer to `asked`. Raises what `run` raises about it."""
        mine = _Call[Asked, Answer](asked)
        with self._lock:
            self._waiting.append(mine)
            if not self._is_busy:
                self._is_busy = True
                mine.turn.release()
            elif len(self._waiting) >= self._expected:
                self._are_there.set()
        mine.turn.acquire()
        if not mine.is_served:
            self._wait_for_company()
            self._serve()
        return mine.result()

    def _wait_for_company(self) -> None:
        with self._lock:
            seconds = self._expected_until - time.monotonic()
            if len(self._waiting) >= self._expected or seconds <= 0:
                return
            self._are_there.clear()
        self._are_there.wait(seconds)

    def _serve(self) -> None:
        with self._lock:
            calls, self._waiting = self._waiting, []
        self._answer(calls)
        with self._lock:
            self._expected = len(calls) + len(self._waiting)
            self._expected_until = time.monotonic() + self._patience
            self._is_busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.release()
        for call in calls:
            call.turn.release()

    def _answer(self, calls: "Sequence[_Call[Asked, Answer]]") -> None:
        try:
            answers = self._run([call.asked for call in calls])
        except BaseException as error:
            if len(calls) > 1 and isinstance(error, Exception) and not isinstance(error, self._hopeless):
                for call in calls:
                    self._answer([call])
            else:
                for call in calls:
                    call.fail(error)
        else:
            for call, answer in zip(calls, answers, strict=True):
                call.succeed(answer)


class _Call(Generic[Asked, Answer]):
    """What one thread asked. `turn` is free once it was answered, or once the thread itself shall serve."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.is_served = False
        self.turn = threading.Lock()
        self.turn.acquire()
        self._answer: list[Answer] = []
        self._error: BaseException | None = None

    def succeed(self, answer: Answer) -> None:
        self._answer, self.is_served = [answer], True

    def fail(self, error: BaseException) -> None:
        self._error, self.is_served = error, True

    def result(self) -> Answer:
        if self._error is not None:
            raise self._error
        return self._answer[0]
