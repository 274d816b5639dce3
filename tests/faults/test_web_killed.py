"""kill -9 of the web process. A caller that got no answer repeats under its idempotency key."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest
from django.db import connections, transaction

from email_processor.models import Message
from epm.models import Zone
from tests.faults.case import ACCEPTED
from tests.faults.conftest import CaseMaker
from tests.faults.platform import ALIAS, WEB, Platform
from tests.receivers import Reply
from tests.waiting import eventually

pytestmark = pytest.mark.faults


def test_it_accepts_nothing_when_killed_before_the_commit(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("web killed inside sendEmail")
    received, attached = platform.receiver.received, {"attachments": [{"url": f"{platform.receiver.url}/attached.txt"}]}
    addresses, key, before = case.addresses(2), token_hex(8), Message.objects.using(ALIAS).count()
    platform.receiver.script = lambda received: Reply(hang=True)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(case.ask, addresses, key, **attached)
        eventually(lambda: any(r.path == "/attached.txt" for r in received), "it fetches", log=platform.log)
        platform.instance.kill(WEB)
        assert asked.result() is None
    platform.receiver.script = lambda received: Reply()
    platform.start(WEB)
    assert Message.objects.using(ALIAS).count() == before
    assert case.ask(addresses, key, **attached) == ACCEPTED
    case.settle()


def test_it_accepts_once_when_killed_inside_the_commit(make_case: CaseMaker, platform: Platform) -> None:
    if platform.postgres is None:
        pytest.skip("what waits for SQLite's lock cannot be seen from outside; the next test kills at random")
    case = make_case("web killed inside acceptance's commit")
    addresses, key = case.addresses(2), token_hex(8)
    with ThreadPoolExecutor(1) as pool, transaction.atomic(using=ALIAS):
        # The commit checks that the rows it refers to are there, and waits for whoever holds them.
        Zone.objects.using(ALIAS).select_for_update().get()
        asked = pool.submit(case.ask, addresses, key)
        eventually(_somebody_waits, "the commit waits", log=platform.log)
        platform.instance.kill(WEB)
        assert asked.result() is None
    platform.start(WEB)
    assert case.ask(addresses, key) == ACCEPTED
    case.settle()


def _somebody_waits() -> bool:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_it_keeps_what_it_answered_when_killed_under_load(make_case: CaseMaker, platform: Platform) -> None:
    case = make_case("web killed under load")
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(case.insist, mails=60)
        eventually(lambda: len(case.accepted) >= 15, "some are accepted", log=platform.log)
        platform.instance.kill(WEB)
        platform.start(WEB)
        load.result()
    case.settle()
    assert case.account().arrived == 60
