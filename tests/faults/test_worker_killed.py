"""kill -9 of the worker, at every station of a mail's way."""

import os
import signal
from collections.abc import Iterable

import pytest
from django.db import transaction
from django.db.models.functions import Now

from email_processor.models import EventType, State
from epm.choices import InDoubtPolicy
from tests.faults.case import Case
from tests.faults.conftest import CaseMaker
from tests.faults.platform import ALIAS, WORKER, Platform
from tests.faults.server import Step
from tests.receivers import Received, Reply
from tests.waiting import eventually

pytestmark = pytest.mark.faults


def kill_worker(platform: Platform, cases: Iterable[Case]) -> None:
    """kill -9; then the servers are healthy and another worker starts."""
    platform.instance.kill(WORKER)
    for case in cases:
        case.server.heal()
    platform.start(WORKER)
    for case in cases:
        case.settle(rest=[State.IN_DOUBT] if case.policy is InDoubtPolicy.HOLD else [])


def test_it_sends_what_was_accepted_while_the_worker_was_dying(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("worker killed after acceptance's commit")
    os.killpg(platform.instance.group(WORKER), signal.SIGSTOP)  # the bell rings, and nobody moves
    case.accept()
    kill_worker(platform, [case])
    assert not case.with_event(EventType.IN_DOUBT)


def test_it_wakes_among_its_mails_after_it_slept_past_its_leases(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("worker frozen for longer than its lease", limit=4)
    case.server.stall(Step.DOT)
    case.accept()
    case.server.wait_until_heard(Step.DOT, times=4)
    os.killpg(platform.instance.group(WORKER), signal.SIGSTOP)
    leased = case.rows().filter(due_at__gt=Now())
    eventually(lambda: not leased.exists(), "the end of all leases", log=platform.log)
    case.server.heal()
    os.killpg(platform.instance.group(WORKER), signal.SIGCONT)
    case.settle()


def test_it_doubts_only_what_was_on_the_wire_when_the_worker_died(make_case: CaseMaker, platform: Platform) -> None:
    claimed = make_case("worker killed after claim", limit=1)
    claimed.server.stall(Step.MAIL)
    rcpt, data, content, dot = (
        _stalled(make_case(f"worker killed {when}", limit=4), step)
        for when, step in (
            ("after RCPT", Step.RCPT),
            ("after DATA", Step.DATA),
            ("inside DATA", Step.CONTENT),
            ("after the final dot, before the reply", Step.DOT),
        )
    )
    held = make_case("the same, policy: hold", limit=4, policy=InDoubtPolicy.HOLD)
    held.server.stall(Step.DOT)
    cases = [claimed, rcpt, data, content, dot, held]
    for case in cases:
        case.accept()
    waiting = claimed.rows().filter(state=State.QUEUED, claim__isnull=False)
    eventually(waiting.exists, "claimed and not on the wire", log=platform.log)
    for case, step in zip(cases[1:], (Step.RCPT, Step.DATA, Step.CONTENT, Step.DOT, Step.DOT), strict=True):
        case.server.wait_until_heard(step, times=4)
    kill_worker(platform, cases)
    assert [case.account().twice > 0 for case in cases] == [False, False, False, False, True, False]
    assert len(claimed.with_event(EventType.IN_DOUBT)) < len(claimed.accepted)


def _stalled(case: Case, step: Step) -> Case:
    case.server.stall(step)
    return case


def test_it_doubts_what_was_answered_and_not_written_down(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("worker killed after the reply, before our commit", limit=4)
    case.server.stall(Step.DOT)
    case.accept()
    case.server.wait_until_heard(Step.DOT, times=4)
    with transaction.atomic(using=ALIAS):
        list(case.rows().select_for_update())  # the worker cannot write down what it now hears
        case.server.go_on()
        eventually(lambda: _replies_read(case) >= 4, "the worker has read the replies", log=platform.log)
        platform.instance.kill(WORKER)
    case.server.heal()
    platform.start(WORKER)
    case.settle()
    assert case.account().twice >= 4


def _replies_read(case: Case) -> int:
    """By how many clients the reply to the final dot was read."""
    ports = list(case.server.answered_to)
    return sum(case.platform.has_read(case.server.port, client_port=port) for port in ports)


def test_it_tells_of_what_was_written_down_before_the_worker_died(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("worker killed after commit, before the notification")
    told: list[Received] = platform.receiver.received
    platform.receiver.script = lambda received: Reply(hang=True)
    case.accept()
    eventually(lambda: _told_of(told, case), "a notification is on its way", log=platform.log)
    platform.instance.kill(WORKER)
    told.clear()
    platform.receiver.script = lambda received: Reply()
    platform.start(WORKER)
    case.settle()
    eventually(lambda: _told_of(told, case) >= set(case.accepted), "all are told", timeout=30, log=platform.log)


def _told_of(told: list[Received], case: Case) -> set[str]:
    """The recipients of the case of whom `email.sent` has arrived."""
    bodies = [received.json() for received in list(told) if received.path == "/notifications"]
    return {body["recipient"]["address"] for body in bodies if body["type"] == "email.sent"} & set(case.accepted)
