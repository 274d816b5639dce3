"""The part of bench.receipts that runs inside the settings of a temporary instance."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import uvloop
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from imapclient import IMAPClient

from email_processor import lifecycle
from email_processor.models import DeliveryReceipt, InboundMessage, Message, Recipient, State
from email_processor.models.recipient import share_of
from email_processor.outbound import return_path
from epm.choices import InDoubtPolicy, MailboxTransport
from epm.models import Application, Mailbox
from lib.ids import new_id
from notifications.models import Notification
from project.demo.cast import make_cast
from project.demo.instance import ROOT, Instance
from tests.dovecot.server import PASSWORD, running_dovecot

CONNECTIONS = 20
TIMEOUT = 300.0
USER = "reports@example.com"
FILL = 500
"""Reports that are laid into the mailbox at once."""

Mail = tuple[str, bytes]
"""A return path, and the report that is sent to it."""


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: the port's name and how one says hello there."""

    name: str
    port: str
    hello: bytes


SMTP = Door("SMTP", "EPM_LISTENER_PORT", b"EHLO bench.example\r\n")
LMTP = Door("LMTP", "EPM_LMTP_PORT", b"LHLO bench.example\r\n")


@contextmanager
def receiving(instance: Instance) -> Iterator[None]:
    """A cast of applications, a listener, and a worker that settles and tells nobody."""
    call_command("migrate", verbosity=0)
    _demand_fsync()
    make_cast(receiver_url="http://127.0.0.1:9")
    instance.start("listener")
    instance.wait_until_listening(SMTP.port, LMTP.port)
    with _worker(instance):
        yield


def take_in(instance: Instance, door: Door, reports: Sequence[bytes], count: int) -> tuple[float, float]:
    """Reports a second: stored, and settled."""
    before = InboundMessage.objects.count()
    mails = list(zip(_return_paths(count + 1), cycle(reports), strict=False))
    port = instance.port(door.port)
    uvloop.run(_send(port, door, mails[:1]))  # the first mail waits for the worker to come up
    _wait_until_settled(before + 1)
    started = time.monotonic()
    uvloop.run(_send(port, door, mails[1:]))
    stored = time.monotonic()
    _wait_until_settled(before + count + 1)
    settled = time.monotonic()
    _demand_effects()
    return count / (stored - started), count / (settled - started)


def take_from_mailbox(instance: Instance, reports: Sequence[bytes], count: int, folder: Path) -> tuple[float, float]:
    """Seconds until a mailbox of `count` reports, read by IMAP, is empty and all are stored; and until all are settled."""
    before = InboundMessage.objects.count()
    mails = list(zip(_return_paths(count), cycle(reports), strict=False))
    with running_dovecot(folder, "http://127.0.0.1:9") as dovecot:
        _fill(dovecot.imap, mails)
        instance.start("mailboxes")
        started = time.monotonic()
        _open_mailbox(dovecot.imap)
        _wait_until(lambda: _left_in(dovecot.imap) == 0, "the mailbox is not emptied")
        emptied = time.monotonic()
        _wait_until_settled(before + count)
        settled = time.monotonic()
        instance.kill("mailboxes")
    _demand_effects()
    return emptied - started, settled - started


def _fill(port: int, mails: Sequence[Mail]) -> None:
    """Reports as a server delivers them: with the address they were for (RFC 5321 4.4 leaves its header to every server)."""
    lying = [b"Return-Path: <>\r\nX-Original-To: " + address.encode() + b"\r\n" + raw for address, raw in mails]
    with _logged_in(port) as client:
        for first in range(0, len(lying), FILL):
            client.multiappend("INBOX", lying[first : first + FILL])


def _left_in(port: int) -> int:
    with _logged_in(port) as client:
        return int(client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"])


@contextmanager
def _logged_in(port: int) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", port, ssl=False) as client:
        client.login(USER, PASSWORD)
        yield client


def _open_mailbox(port: int) -> None:
    application = Application.objects.get(name="shop")
    Mailbox.objects.create(
        zone=application.zone,
        name="bench",
        server="127.0.0.1",
        port=port,
        transport=MailboxTransport.TCP,
        user_name=USER,
        password=PASSWORD,
    )


def _demand_effects() -> None:
    """Every mail has found its recipient and made its news."""
    mails = InboundMessage.objects.count()
    assert DeliveryReceipt.objects.filter(recipient__isnull=False).values("inbound").distinct().count() == mails
    assert Notification.objects.values("subject").distinct().count() == mails


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
            share=share_of(message),
            expire_at=message.expire_at,
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


async def _send(port: int, door: Door, mails: Sequence[Mail]) -> None:
    shares = [mails[number::CONNECTIONS] for number in range(CONNECTIONS)]
    await asyncio.gather(*(_converse(port, door, share) for share in shares if share))


async def _converse(port: int, door: Door, mails: Sequence[Mail]) -> None:
    """Post `mails` one after another, as a mail server does that answers each of them before the next."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(octets: bytes, expected: bytes) -> None:
        writer.write(octets)
        while (line := await reader.readline())[3:4] == b"-":
            pass
        assert line.startswith(expected), line

    await say(b"", b"220")
    await say(door.hello, b"250")
    for address, report in mails:
        await say(b"MAIL FROM:<>\r\n", b"250")
        await say(f"RCPT TO:<{address}>\r\n".encode(), b"250")
        await say(b"DATA\r\n", b"354")
        await say(report.replace(b"\n.", b"\n..") + b"\r\n.\r\n", b"250")
    writer.close()


def _wait_until_settled(count: int) -> None:
    settled = InboundMessage.objects.filter(classified_at__isnull=False)
    _wait_until(lambda: settled.count() >= count, "the worker does not keep up")


def _wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
