"""Mails in a worker's hands, for tests of what it does with them; no rows."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from email_processor.outbound.queue import Claimed, Outgoing
from lib.ids import new_id


def make_outgoing(*, message_id: UUID | None = None, size: int = 1000) -> Outgoing:
    return Outgoing(
        id=new_id(),
        attempt=1,
        address="ann@example.net",
        notify="",
        orcpt="rfc822;ann@example.net",
        message_id=message_id or new_id(),
        return_path_domain="bounces.example.com",
        ret="HDRS",
        envid="",
        size=size,
        smtputf8=False,
        expire_at=timezone.now() + timedelta(days=5),
        in_doubt_policy="resend",
        in_doubt_wait=None,
    )


def make_claimed(*, way: int | None = None, domain: str = "example.net") -> Claimed:
    return Claimed(new_id(), way, domain, make_outgoing())
