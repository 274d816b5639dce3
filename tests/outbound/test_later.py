"""When a server that puts a mail off wants to see it again, as it says it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from email_processor.models import Recipient
from email_processor.outbound.acceptance import accept
from email_processor.outbound.later import LONGEST, asked
from email_processor.outbound.sending import drain
from epm.models import Zone
from tests import factories
from tests.outbound.servers import odd_server
from tests.outbound.submissions import make_submission


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("<ann@example.net>: Recipient address rejected: Greylisted for 300 seconds (see http://example.org)", 300),
        ("Greylisting in action, please come back in 00:09:30", 570),
        ("Greylisted, please try again in 5 minutes.", 300),
        ("Service busy, retry after 2 hours", 7200),
        ("Please wait at least 90 secs and try again", 90),
        ("You are delayed, come back in an hour", 3600),
        ("Try again in 1 hr", 3600),
        ("Too busy, please try\nagain in 10 min", 600),
        ("retry in 300s", 300),
        ("Please try again as soon as 10 minutes have passed", 600),
    ],
)
def test_a_server_says_when_to_come_again(text: str, seconds: int) -> None:
    assert asked(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "Greylisted, see http://example.org/greylist/300 seconds.html",
        "Please try again later",
        "Try again later. No more than 20 messages in 5 minutes are taken",
        "Too many messages, try again later (100 in 60 minutes)",
        "Mailbox full for 3 hours",
        "come back in a few minutes",
        "",
    ],
)
def test_other_numbers_are_no_time_to_come_again(text: str) -> None:
    assert asked(text) is None


def test_nobody_puts_a_mail_off_for_ever() -> None:
    assert asked("try again in 999999 hours") == LONGEST


@pytest.mark.django_db
@pytest.mark.parametrize(("reply", "least", "most"), [(b"in 20 minutes", 20, 23), (b"in 5 seconds", 0.5, 1.5)])
def test_the_next_try_is_not_before_that_nor_before_our_own_plan(
    zone: Zone, reply: bytes, least: float, most: float
) -> None:
    with odd_server(RCPT=b"450 4.2.0 Greylisted, try again " + reply + b"\r\n") as server:
        factories.make_connection(zone, port=server.port)
        accept(make_submission(zone))
        drain(zone.name)
    due_at = Recipient.objects.get().due_at
    assert due_at is not None
    assert timedelta(minutes=least) < due_at - timezone.now() < timedelta(minutes=most)
