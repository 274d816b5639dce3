import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from app_interface import idempotency
from app_interface.authentication import Caller
from app_interface.idempotency import Call
from app_interface.models import IdempotencyKey
from app_interface.operations import send_email
from app_interface.problems import Problem
from email_processor.models import Message
from epm.models import Application, Credential, EmailConnection, Zone
from tests import factories
from tests.interface.conftest import MAIL, Door, problem


def test_it_answers_a_repeat_as_the_first_call(door: Door) -> None:
    first = door.post("emails", MAIL, Idempotency_Key="order-4711")
    again = door.post("emails", MAIL, Idempotency_Key="order-4711")
    assert (again.status_code, again.json()) == (202, first.json())
    assert Message.objects.count() == 1


def test_it_knows_the_key_as_a_parameter_too(door: Door) -> None:
    first = door.post("emails", MAIL, Idempotency_Key="order-4711")
    assert door.send(idempotencyKey="order-4711").json() == first.json()


def test_it_refuses_two_different_keys(door: Door) -> None:
    answer = door.post("emails", {**MAIL, "idempotencyKey": "a"}, Idempotency_Key="b")
    assert problem(answer) == (400, "invalid_request", "idempotencyKey")


def test_it_refuses_another_request_under_the_same_key(door: Door) -> None:
    door.send(idempotencyKey="k")
    assert problem(door.send(idempotencyKey="k", subject="Other")) == (422, "idempotency_conflict", "idempotencyKey")
    assert Message.objects.count() == 1


def test_it_takes_one_request_for_the_same_in_whatever_syntax(door: Door) -> None:
    door.send(idempotencyKey="k", to=["Jo <jo@example.net>"], tag="t", notify="SUCCESS,DELAY")
    again = door.send(
        idempotencyKey="k",
        to=[{"address": "jo@EXAMPLE.net", "name": "Jo"}],
        tag=["t"],
        notify=["DELAY", "SUCCESS"],
        requestTimeout=7,
    )
    assert again.status_code == 202


def test_it_answers_a_repeat_after_the_application_was_switched_off(door: Door, application: Application) -> None:
    first = door.send(idempotencyKey="k")
    application.enabled = False
    application.save()
    assert door.send(idempotencyKey="k").json() == first.json()


def test_it_frees_the_key_where_the_mail_was_refused(door: Door) -> None:
    assert door.send(idempotencyKey="k", **{"from": "x@elsewhere.example"}).status_code == 403
    assert door.send(idempotencyKey="k").status_code == 202


def test_it_keeps_the_keys_of_credentials_apart(door: Door, zone: Zone, application: Application) -> None:
    row, secret = factories.make_credential(zone, application)
    door.send(idempotencyKey="k")
    Door(row.pk, secret).send(idempotencyKey="k")
    assert Message.objects.count() == 2


def test_it_forgets_a_key_after_a_day(door: Door) -> None:
    door.send(idempotencyKey="k")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    door.send(idempotencyKey="k", subject="Other")
    assert Message.objects.count() == 2


def test_it_says_that_the_first_call_is_still_running(credential: tuple[Credential, str]) -> None:
    call = Call(Caller(credential[0]), "k", "digest")

    def repeat() -> dict[str, Any]:
        with pytest.raises(Problem) as refused:
            idempotency.once_outside(call, dict)
        return {"told": refused.value.code}

    answer = idempotency.once_outside(call, repeat)
    assert answer == {"told": "in_progress"}


def test_it_takes_over_from_a_call_that_died(credential: tuple[Credential, str]) -> None:
    begun = timezone.now() - idempotency.LONGEST_CALL - timedelta(seconds=1)
    IdempotencyKey.objects.create(credential=credential[0], key="k", fingerprint="digest", created_at=begun)
    assert idempotency.once_outside(Call(Caller(credential[0]), "k", "digest"), lambda: {"run": 1}) == {"run": 1}


@pytest.mark.django_db(transaction=True)
def test_fifty_concurrent_repeats_make_one_mail_and_fifty_equal_answers(
    credential: tuple[Credential, str], connection: EmailConnection
) -> None:
    together = threading.Barrier(50)

    def repeat(_: int) -> dict[str, Any]:
        try:
            together.wait(30)
            return send_email(Caller(credential[0]), {**MAIL, "idempotencyKey": "k"})
        finally:
            database.close()

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(repeat, range(50)))
    assert [answer for answer in answers if answer != answers[0]] == []
    assert Message.objects.count() == 1


def test_it_forgets_the_keys_that_count_no_more(door: Door) -> None:
    for key in ("old", "young"):
        door.send(idempotencyKey=key)
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - idempotency.KEPT)
    assert idempotency.forget_lapsed() == 1
    assert IdempotencyKey.objects.get().key == "young"
