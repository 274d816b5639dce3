"""The part of bench.receipts that runs inside the settings of a temporary instance."""

import asyncio
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle

import uvloop
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from email_processor import lifecycle
from email_processor.models import DeliveryReceipt, InboundMessage, Message, Recipient, State
from email_processor.outbound import return_path
from epm.choices import InDoubtPolicy
from epm.models import Application
from lib.ids import new_id
from notifications.models import Notification
from project.demo.cast import make_cast
from project.demo.instance import ROOT, Instance

CONNECTIONS = 20
TIMEOUT = 300.0

Mail = tuple[str, bytes]
"""A return path, and the report that is sent to it."""


def take_in(instance: Instance, reports: Sequence[bytes], count: int) -> tuple[float, float]:
    """Reports a second: stored, and settled."""
    call_command("migrate", verbosity=0)
    _demand_fsync()
    make_cast(receiver_url="http://127.0.0.1:9")
    mails = list(zip(_return_paths(count + 1), cycle(reports), strict=False))
    instance.start("listener")
    instance.wait_until_listening("EPM_LISTENER_PORT")
    port = instance.port("EPM_LISTENER_PORT")
    with _worker(instance):
        uvloop.run(_send(port, mails[:1]))  # the first mail waits for the worker to come up
        _wait_until_settled(1)
        started = time.monotonic()
        uvloop.run(_send(port, mails[1:]))
        stored = time.monotonic()
        _wait_until_settled(count + 1)
        settled = time.monotonic()
    assert DeliveryReceipt.objects.filter(recipient__isnull=False).values("inbound").distinct().count() == count + 1
    assert Notification.objects.values("subject").distinct().count() == count + 1
    return count / (stored - started), count / (settled - started)


def _demand_fsync() -> None:
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == ("on",), name


def _return_paths(count: int) -> Iterator[str]:
    """One for each of `count` mails that the email server has taken."""
    application, now = Application.objects.get(name="shop"), timezone.now()
    messages = [
        Message(
            id=(id := new_id()),
            zone=application.zone,
            application=application,
            sender="shop@example.com",
            from_header="shop@example.com",
            subject="An invoice",
            message_id_header=f"<{id}@example.com>",
            envid=str(id),
            return_path_domain=settings.EPM_RETURN_PATH_DOMAIN,
            expire_at=now + timedelta(days=5),
            in_doubt_policy=InDoubtPolicy.RESEND,
            size=4096,
            accepted_at=now,
        )
        for _ in range(count)
    ]
    Message.objects.bulk_create(messages, batch_size=500)
    recipients = [
        Recipient(
            message=message,
            zone=application.zone,
            application=application,
            address="someone@example.net",
            orcpt="rfc822;someone@example.net",
            state=State.SENT,
            state_at=now,
            attempts=1,
        )
        for message in messages
    ]
    lifecycle.enter(recipients)
    return (return_path.sign(recipient.pk, recipient.message.return_path_domain) for recipient in recipients)


@contextmanager
def _worker(instance: Instance) -> Iterator[None]:
    """A worker that settles, and tells nobody."""
    command = ["celery", "--quiet", "--app", "project", "worker", "--queues", "intake", "--concurrency", "2"]
    with instance.log.open("ab") as log:
        process = subprocess.Popen([*command, "--loglevel", "WARNING"], cwd=ROOT, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _send(port: int, mails: Sequence[Mail]) -> None:
    shares = [mails[number::CONNECTIONS] for number in range(CONNECTIONS)]
    await asyncio.gather(*(_converse(port, share) for share in shares if share))


async def _converse(port: int, mails: Sequence[Mail]) -> None:
    """Post `mails` one after another, as a mail server does that answers each of them before the next."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(octets: bytes, expected: bytes) -> None:
        writer.write(octets)
        while (line := await reader.readline())[3:4] == b"-":
            pass
        assert line.startswith(expected), line

    await say(b"", b"220")
    await say(b"EHLO bench.example\r\n", b"250")
    for address, report in mails:
        await say(b"MAIL FROM:<>\r\n", b"250")
        await say(f"RCPT TO:<{address}>\r\n".encode(), b"250")
        await say(b"DATA\r\n", b"354")
        await say(report.replace(b"\n.", b"\n..") + b"\r\n.\r\n", b"250")
    writer.close()


def _wait_until_settled(count: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while InboundMessage.objects.filter(classified_at__isnull=False).count() < count:
        assert time.monotonic() < deadline, "the worker does not keep up"
        time.sleep(0.1)
