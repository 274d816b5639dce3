"""How much a credential may ask for in a minute."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from redis import Redis

from app_interface import rates
from app_interface.models import Meter
from app_interface.problems import Problem
from app_interface.rates import Allowance
from email_processor.models import Message
from epm.models import Credential, EmailConnection
from lib.counting import shared_redis
from tests.interface.conftest import MAIL, Door, problem
from tests.soap.raw import Caller, basic

with_redis = pytest.mark.skipif(
    not django_settings.CELERY_BROKER_URL.startswith("redis"), reason="counts in Redis only where the broker is Redis"
)


@pytest.fixture
def one_call(credential: tuple[Credential, str]) -> Credential:
    """A credential that may make one call a minute."""
    Credential.objects.update(requests_per_minute=1)
    return Credential.objects.get()


@pytest.fixture
def one_recipient(credential: tuple[Credential, str]) -> Credential:
    """A credential that may send to one recipient a minute."""
    Credential.objects.update(recipients_per_minute=1)
    return Credential.objects.get()


def run_dry(credential: Credential) -> None:
    """As if enough time had gone by."""
    Meter.objects.filter(credential=credential).update(dry_at=timezone.now())
    redis = shared_redis()
    if redis is not None:
        for allowance in Allowance:
            redis.delete(f"{django_settings.EPM_BROKER_PREFIX}epm-rate:{credential.pk}:{allowance.value}")


def test_it_refuses_the_call_after_the_last(door: Door, one_call: Credential) -> None:
    assert door.send().status_code == 202
    assert problem(door.send())[:2] == (429, "rate_limited")
    assert Message.objects.count() == 1


def test_it_says_when_to_come_again_and_lets_in_who_does(door: Door, one_call: Credential) -> None:
    door.get("status")
    answer = door.get("status")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["retry_after"] == int(answer["Retry-After"])
    run_dry(one_call)
    assert door.get("status").status_code == 200


def test_it_tells_what_is_left(door: Door) -> None:
    Credential.objects.update(requests_per_minute=2, recipients_per_minute=10)
    answer = door.send(to=["a@example.net", "b@example.net", "c@example.net"])
    assert answer["RateLimit-Policy"] == '"requests";q=2;w=60, "recipients";q=10;w=60'
    assert answer["RateLimit"] == '"requests";r=1;t=30, "recipients";r=7;t=18'
    door.get("status")
    refused = door.get("status")
    assert refused["RateLimit"].startswith('"requests";r=0;t=')
    assert refused["RateLimit-Policy"] == answer["RateLimit-Policy"]


def test_it_tells_what_is_left_where_it_refuses_for_another_reason(door: Door, one_call: Credential) -> None:
    assert door.send(subject=1)["RateLimit"] == '"requests";r=0;t=60'


def test_whoever_has_no_limit_is_told_and_costs_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(rates, "shared_redis", None)
    answer = door.send()
    assert (answer.status_code, answer.has_header("RateLimit"), answer.has_header("RateLimit-Policy")) == (
        202,
        False,
        False,
    )
    with django_assert_num_queries(0):
        rates.spend(Credential.objects.model(), Allowance.REQUESTS)


def test_a_mail_to_more_than_are_left_is_taken_whole_and_the_next_waits(door: Door, one_recipient: Credential) -> None:
    assert door.send(to=[f"u{number}@example.net" for number in range(5)]).status_code == 202
    answer = door.send()
    assert problem(answer)[:2] == (429, "rate_limited")
    assert 240 < int(answer["Retry-After"]) <= 300
    assert door.get("status").status_code == 200


def test_a_batch_counts_all_its_recipients(door: Door) -> None:
    Credential.objects.update(recipients_per_minute=20)
    messages = [{"to": ["a@example.net", "b@example.net"]}, {"to": ["c@example.net"], "idempotencyKey": "c"}, {}]
    common = {name: value for name, value in MAIL.items() if name != "to"}
    answer = door.post("emails/batch", {**common, "messages": messages})
    assert (answer.json()["accepted"], answer["RateLimit"]) == (2, '"recipients";r=17;t=9')


def test_a_repeat_sends_to_nobody_and_counts_nobody(door: Door, one_recipient: Credential) -> None:
    first, repeat = (door.send(idempotencyKey="k") for _ in range(2))
    assert repeat.json() == first.json()


def test_soap_says_it_in_a_typed_fault(client: Client, credential: Any, connection: EmailConnection) -> None:
    Credential.objects.update(requests_per_minute=1)
    caller = Caller(client, basic(credential))
    assert caller.send().status == 200
    answer = caller.send()
    assert (answer.problem["code"], answer.problem["retryable"]) == ("rate_limited", "true")
    assert answer.problem["retryAfter"] == answer.headers["Retry-After"]


def test_both_doors_share_what_is_left(client: Client, door: Door, credential: Any, one_call: Credential) -> None:
    door.get("status")
    assert Caller(client, basic(credential)).send().problem["code"] == "rate_limited"


def test_a_wrong_secret_uses_up_nothing_of_the_right_one(door: Door, one_call: Credential) -> None:
    assert problem(Door(door.credential, "wrong").get("status"))[:2] == (401, "not_authenticated")
    assert door.get("status").status_code == 200


def spent(credential: Credential) -> bool:
    """Was one more call let in?"""
    try:
        rates.spend(credential, Allowance.REQUESTS)
    except Problem:
        return False
    return True


@pytest.mark.parametrize("where", ["database", pytest.param("redis", marks=with_redis)])
def test_a_minutes_worth_may_come_at_once(one_call: Credential, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    if where == "database":
        monkeypatch.setattr(rates, "shared_redis", lambda: None)
    one_call.requests_per_minute = 3
    assert [spent(one_call) for _ in range(4)] == [True, True, True, False]
    assert Meter.objects.exists() is (where == "database")


def test_what_was_used_comes_back_evenly(one_call: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "shared_redis", lambda: None)
    clock = [1_900_000_000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    one_call.requests_per_minute = 2
    assert [spent(one_call) for _ in range(3)] == [True, True, False]
    clock[0] += 29
    assert not spent(one_call)
    clock[0] += 1
    assert [spent(one_call), spent(one_call)] == [True, False]


def test_the_database_counts_while_redis_is_away(one_call: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(rates, "shared_redis", lambda: away)
    assert [spent(one_call), spent(one_call)] == [True, False]
