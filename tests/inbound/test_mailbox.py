"""Polling, over a mailbox that lives in memory. tests/dovecot asks real servers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from email_processor.inbound import intake
from email_processor.inbound.mailbox import polling
from email_processor.inbound.mailbox.box import Box
from email_processor.inbound.mailbox.pollers import LEASE
from email_processor.models import InboundMessage
from epm.choices import AfterTaking, MailboxLogin, MailboxProtocol
from epm.models import Mailbox, Zone
from lib import claims
from tests.inbound.mailboxes import look_into, make_mailbox
from tests.inbound.reports import regular

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "orders@example.com"


class MemoryBox(Box):
    """Keeps what it is asked in `calls`."""

    def __init__(self, *mails: bytes) -> None:
        self.mails = dict(enumerate(mails, start=1))
        self.calls: list[str] = []

    def waiting(self) -> list[int]:
        return sorted(self.mails)

    def sizes(self, keys: Collection[int]) -> Mapping[int, int]:
        return {key: len(self.mails[key]) for key in keys}

    def fetch(self, keys: Collection[int]) -> Mapping[int, bytes]:
        self.calls.append(f"fetch {len(keys)}")
        return {key: self.mails[key] for key in keys}

    def dispose(self, keys: Collection[int]) -> None:
        self.calls.append(f"dispose {len(keys)} of {InboundMessage.objects.count()}")
        for key in keys:
            del self.mails[key]

    def close(self) -> None:
        self.calls.append("close")

    def drop(self) -> None:
        self.calls.append("drop")


@pytest.fixture
def mailbox(zone: Zone) -> Mailbox:
    return make_mailbox(zone)


def opens(monkeypatch: pytest.MonkeyPatch, box: Box) -> None:
    monkeypatch.setitem(polling.BOXES, MailboxProtocol.IMAP, lambda mailbox: box)


def mails(count: int) -> list[bytes]:
    return [regular(ORDERS, f"mail {number}") for number in range(count)]


def test_it_commits_each_batch_before_it_disposes_of_it(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BATCH_MAILS", 2)
    opens(monkeypatch, box := MemoryBox(*mails(3)))
    assert look_into(mailbox).taken == 3
    assert box.calls == ["fetch 2", "dispose 2 of 2", "fetch 1", "dispose 1 of 3", "close"]


def test_it_says_goodbye_early_where_only_that_deletes_and_comes_back_at_once(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "BATCH_MAILS", 2)
    opens(monkeypatch, box := MemoryBox(*mails(7)))
    box.most_at_once = 3
    before = timezone.now()
    mailbox = look_into(mailbox)
    assert (mailbox.taken, len(box.mails), box.calls[-1]) == (4, 3, "close")
    assert seconds_until_due(mailbox, before) < 50
    assert seconds_until_due(look_into(mailbox), before) > 50


def test_it_fetches_large_mails_apart(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BATCH_OCTETS", 300)
    opens(monkeypatch, box := MemoryBox(*mails(1), regular(ORDERS, "x" * 500), *mails(2)))
    look_into(mailbox)
    assert [call for call in box.calls if call.startswith("fetch")] == ["fetch 1", "fetch 1", "fetch 2"]


def test_it_deletes_nothing_that_could_not_be_stored(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    opens(monkeypatch, box := MemoryBox(*mails(1)))
    monkeypatch.setattr(intake, "keep", _fails)
    assert look_into(mailbox).problem == "An error of ours: RuntimeError: the disk is full"
    assert (box.calls, len(box.mails)) == (["fetch 1", "drop"], 1)


def _fails(*_: Any) -> None:
    raise RuntimeError("the disk is full")


def test_it_looks_again_after_its_interval(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    opens(monkeypatch, MemoryBox())
    before = timezone.now()
    assert 59 < seconds_until_due(look_into(mailbox), before) < 65


def test_it_waits_longer_after_each_failure(mailbox: Mailbox) -> None:
    waits = []
    for failures in (0, 1, 2):
        held = _claimed(mailbox, failures=failures)
        before = timezone.now()
        polling.poll(mailbox.pk, held.token, Event())
        mailbox.refresh_from_db()
        waits.append(seconds_until_due(mailbox, before))
    assert mailbox.problem == "The server cannot be reached: Connection refused"
    assert (mailbox.failures, waits == sorted(waits)) == (3, True)


def seconds_until_due(mailbox: Mailbox, since: datetime) -> float:
    assert mailbox.due_at is not None
    return (mailbox.due_at - since).total_seconds()


def _claimed(mailbox: Mailbox, **fields: Any) -> "claims.Claim[Mailbox]":
    Mailbox.objects.filter(pk=mailbox.pk).update(due_at=timezone.now(), **fields)
    return claims.claim(Mailbox.objects.all(), lease=LEASE, limit=1)


def test_it_has_one_poller_only(mailbox: Mailbox) -> None:
    queue = Mailbox.objects.order_by("due_at")
    assert claims.claim(queue, lease=LEASE, limit=5).keys == (mailbox.pk,)
    assert not claims.claim(queue, lease=LEASE, limit=5)


def test_it_leaves_a_mailbox_that_an_operator_took_from_its_poller(mailbox: Mailbox) -> None:
    held = _claimed(mailbox)
    mailbox.save()
    polling.poll(mailbox.pk, held.token, Event())
    mailbox.refresh_from_db()
    assert (mailbox.failures, mailbox.checked_at) == (0, None)


def test_it_reads_no_mailbox_that_is_disabled(zone: Zone) -> None:
    make_mailbox(zone, enabled=False)
    assert not claims.claim(Mailbox.objects.all(), lease=LEASE, limit=1)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"password": ""}, "password", "will ask for the password"),
        ({"after_taking": AfterTaking.MOVE}, "move_to", "which folder"),
        ({"after_taking": AfterTaking.MOVE, "move_to": "INBOX"}, "move_to", "taken again"),
        ({"protocol": MailboxProtocol.POP3, "after_taking": AfterTaking.MARK}, "after_taking", "only be deleted"),
        ({"protocol": MailboxProtocol.POP3, "folder": "Bounces"}, "folder", "POP3 knows no folders"),
        ({"login": MailboxLogin.OAUTH2, "client_id": "epm", "refresh_token": "r"}, "token_url", "access tokens"),
        ({"login": MailboxLogin.OAUTH2, "client_id": "epm", "token_url": "https://a.b"}, "refresh_token", "refresh"),
        ({"poll_seconds": 0}, "poll_seconds", "5 to 86400"),
        ({"port": 0}, "port", "between 1 and 65535"),
        ({"server": "not a host"}, "server", "no host name"),
    ],
)
def test_it_says_plainly_what_does_not_fit(mailbox: Mailbox, fields: dict[str, Any], field: str, sentence: str) -> None:
    for name, value in fields.items():
        setattr(mailbox, name, value)
    with pytest.raises(ValidationError) as refused:
        mailbox.full_clean()
    assert sentence in " ".join(refused.value.message_dict[field])
