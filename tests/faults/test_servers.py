"""Servers that misbehave, several at once: each has its own way out, and none may hold up the others."""

from itertools import cycle

import pytest

from email_processor.models import EventType
from epm.choices import Transport
from tests.faults.case import Case
from tests.faults.conftest import CaseMaker
from tests.faults.server import Act, Answer, Dialogue, Fault, Step

pytestmark = pytest.mark.faults

SILENT_AT = (Step.GREETING, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA, Step.CONTENT, Step.DOT)
TROUBLE = (EventType.DEFERRED, EventType.IN_DOUBT)
NONSENSE = (
    b"\x00\xff\xfe what?\r\n",
    b"999 no such code\r\n",
    b"2x0 nearly\r\n",
    b"\r\n",
    b"250-a continuation that\r\n354 changes its mind\r\n",
    b"HTTP/1.1 400 Bad Request\r\n",
    b"250" + b" long" * 20_000 + b"\r\n",
)


def at(step: Step, answer: Answer) -> Fault:
    """A server that gives `answer` at `step`, and is healthy otherwise."""
    return lambda now, dialogue: answer if now is step else None


def drop_everyone(step: Step, dialogue: Dialogue) -> Answer:
    return Act.BREAK


def always_drip(step: Step, dialogue: Dialogue) -> Answer:
    return Act.DRIP


def tired_after_ten(step: Step, dialogue: Dialogue) -> Answer:
    return b"421 4.7.0 ten are enough\r\n" if step is Step.MAIL and dialogue.mails >= 10 else None


def talk_nonsense() -> Fault:
    """Every kind of nonsense at every step, one connection after the other."""
    kinds = cycle([(step, words) for words in NONSENSE for step in SILENT_AT if step is not Step.CONTENT])
    chosen: dict[int, tuple[Step, bytes]] = {}

    def fault(step: Step, dialogue: Dialogue) -> Answer:
        if dialogue.number not in chosen:
            chosen[dialogue.number] = next(kinds)
        when, words = chosen[dialogue.number]
        return words if step is when else None

    return fault


def test_it_survives_silence_at_every_step(make_case: CaseMaker) -> None:
    cases = [make_case(f"server silent {'at ' * (step != Step.CONTENT)}{step}") for step in SILENT_AT]
    for case, step in zip(cases, SILENT_AT, strict=True):
        case.server.misbehave(at(step, Act.SILENT))
        case.accept(mails=2)
    _see_trouble_then_heal(cases)
    assert [case.account().twice for case in cases] == [0, 0, 0, 0, 0, 0, 4]


def test_it_survives_servers_that_break_off(make_case: CaseMaker) -> None:
    broken, dropping, garbage, tls_refused, tls_broken = (
        make_case("server breaks off inside DATA"),
        make_case("server drops every connection for a while"),
        make_case("server answers nonsense", limit=4),
        make_case("server offers STARTTLS and refuses it", transport=Transport.STARTTLS),
        make_case("server offers STARTTLS and fails it", transport=Transport.STARTTLS),
    )
    broken.server.misbehave(at(Step.CONTENT, Act.BREAK))
    dropping.server.misbehave(drop_everyone)
    garbage.server.misbehave(talk_nonsense())
    tls_refused.server.misbehave(at(Step.STARTTLS, b"454 4.7.0 not now\r\n"))
    tls_broken.server.misbehave(at(Step.STARTTLS, b"220 2.0.0 but it speaks no TLS\r\n"))
    cases = [broken, dropping, garbage, tls_refused, tls_broken]
    for case in cases:
        case.accept(mails=4)
    _see_trouble_then_heal(cases)
    assert not tls_refused.server.in_clear + tls_broken.server.in_clear


def test_it_gets_through_to_slow_and_tired_servers(make_case: CaseMaker) -> None:
    dripping, tired = (
        make_case("server replies byte by byte"),
        make_case("server answers 421 after every tenth", limit=1),
    )
    dripping.server.misbehave(always_drip)
    tired.server.misbehave(tired_after_ten)
    dripping.accept()
    tired.accept(mails=5, recipients=10)
    for case in (dripping, tired):
        case.settle()
    assert not dripping.with_event(*TROUBLE) | tired.with_event(EventType.IN_DOUBT)


def _see_trouble_then_heal(cases: list[Case]) -> None:
    for case in cases:
        case.wait_for_event(*TROUBLE, at_least=1)
    for case in cases:
        case.server.heal()
        case.settle()
