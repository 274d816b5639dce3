"""Servers that do not give out every mail. tests/dovecot asks real ones, which do."""

import socket
import threading
from collections.abc import Iterator

import pytest

from email_processor.models import InboundMessage
from epm.choices import MailboxProtocol
from epm.models import Mailbox, Zone
from tests.inbound.mailboxes import look_into, make_mailbox
from tests.inbound.reports import regular

pytestmark = pytest.mark.django_db(transaction=True)


class Pop3Server:
    """One connection to a mailbox of three mails, of which it cannot read those in `broken`; hangs up at one in `deadly`."""

    def __init__(self) -> None:
        self.broken: set[int] = set()
        self.deadly: set[int] = set()
        self.deleted: set[int] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        peer, _ = self._door.accept()
        marked: set[int] = set()
        with peer, peer.makefile("rb") as lines:
            peer.sendall(b"+OK ready\r\n")
            for line in lines:
                verb, *words = line.split()
                number = int(words[0]) if words and words[0].isdigit() else 0
                if verb == b"RETR" and number in self.deadly:
                    return
                if verb == b"DELE":
                    marked.add(number)
                if verb == b"QUIT":
                    self.deleted = marked
                peer.sendall(self._answer(verb, number))

    def _answer(self, verb: bytes, number: int) -> bytes:
        if verb == b"LIST":
            return b"+OK\r\n1 200\r\n2 200\r\n3 200\r\n.\r\n"
        if verb != b"RETR":
            return b"+OK\r\n"
        if number in self.broken:
            return b"-ERR [SYS/PERM] This mail cannot be read\r\n"
        return b"+OK\r\n" + regular("orders@example.com", f"number {number}") + b".\r\n"

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def server() -> Iterator[Pop3Server]:
    server = Pop3Server()
    yield server
    server.close()


@pytest.fixture
def mailbox(zone: Zone, server: Pop3Server) -> Mailbox:
    return make_mailbox(zone, protocol=MailboxProtocol.POP3, port=server.port)


def test_it_takes_what_the_server_gives_and_says_that_it_withholds_the_rest(
    mailbox: Mailbox, server: Pop3Server
) -> None:
    server.broken = {2}
    assert look_into(mailbox).problem == "Left in the mailbox, for the server does not give them out: 1."
    assert (InboundMessage.objects.count(), server.deleted) == (2, {1, 3})


def test_it_takes_no_server_that_hangs_up_for_one_that_withholds_a_mail(mailbox: Mailbox, server: Pop3Server) -> None:
    server.deadly = {2}
    assert look_into(mailbox).failures == 1
    assert server.deleted == set()
