"""What an IMAP server announces in passing. tests/dovecot asks a real one."""

import re
import socket
import threading
from collections.abc import Iterator
from threading import Event

import pytest

from email_processor.inbound.mailbox import imap
from email_processor.inbound.mailbox.box import FAULTS, Refused, in_words
from email_processor.inbound.mailbox.imap import ImapBox
from epm.choices import AfterTaking
from epm.models import Zone
from tests.inbound.mailboxes import make_mailbox

pytestmark = pytest.mark.django_db

NEWS = b"* 2 EXISTS\r\n"


class ScriptedServer:
    """Answers each command with OK; `aside` says what goes before. Who begins to IDLE is told `idling`, and `idled` is set.

    With `hangs_up`, the server is gone then. Commands in which something is `refused` get a NO.
    """

    def __init__(self) -> None:
        self.aside = {
            b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
            b"SELECT": b"* 1 EXISTS\r\n",
            b"SEARCH": b"* SEARCH 1\r\n",
            b"LOGOUT": b"* BYE\r\n",
        }
        self.idling = b"+ idling\r\n"
        self.hangs_up = False
        self.refused: re.Pattern[bytes] | None = None
        self.idled = Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        peer, _ = self._door.accept()
        with peer, peer.makefile("rb") as lines:
            peer.sendall(b"* OK ready\r\n")
            tag = b""
            for line in lines:
                words = line.split()
                if words == [b"DONE"]:
                    peer.sendall(tag + b" OK done\r\n")
                    continue
                tag, verb = words[0], words[2] if words[1] == b"UID" else words[1]
                if verb == b"IDLE":
                    self.idled.set()
                    peer.sendall(self.idling.replace(b"TAG", tag))
                    if self.hangs_up:
                        return
                    continue
                is_refused = self.refused is not None and self.refused.search(line)
                result = b" NO That cannot be" if is_refused else b" OK done"
                peer.sendall(self.aside.get(verb, b"") + tag + result + b"\r\n")

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


def opened(server: ScriptedServer, zone: Zone) -> ImapBox:
    box = ImapBox(make_mailbox(zone, port=server.port))
    box.waiting()
    return box


def look_and_wait(server: ScriptedServer, zone: Zone) -> bool:
    """Did it go to sleep after a look?"""
    box = opened(server, zone)
    box.wait(server.idled, 3600)
    box.drop()
    return server.idled.is_set()


def test_it_waits_where_nothing_was_announced(server: ScriptedServer, zone: Zone) -> None:
    assert look_and_wait(server, zone)


def test_it_looks_again_where_a_mail_was_announced_while_it_looked(server: ScriptedServer, zone: Zone) -> None:
    server.aside[b"SEARCH"] += NEWS
    assert not look_and_wait(server, zone)


@pytest.mark.parametrize(
    "idling", [b"+ idling\r\n" + NEWS, NEWS + b"+ idling\r\n", b"+ idling\r\n* OK Still here\r\n" + NEWS]
)
def test_it_hears_what_is_announced_while_it_goes_to_sleep(server: ScriptedServer, zone: Zone, idling: bytes) -> None:
    server.idling = idling
    box = opened(server, zone)
    assert box.wait(Event(), 3600)
    box.close()


def test_it_looks_again_before_the_server_logs_it_out(
    server: ScriptedServer, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "IDLE_SECONDS", 0)
    box = opened(server, zone)
    assert box.wait(Event(), 3600)
    box.close()


@pytest.mark.parametrize("last_words", [b"", b"* BYE shutting down\r\n"])
def test_it_notices_that_the_server_hung_up_while_it_slept(
    server: ScriptedServer, zone: Zone, last_words: bytes
) -> None:
    server.idling += last_words
    server.hangs_up = True
    box = opened(server, zone)
    with pytest.raises(FAULTS):
        box.wait(Event(), 3600)
    box.drop()


def test_it_does_not_sleep_where_the_server_refuses_to_tell_news(server: ScriptedServer, zone: Zone) -> None:
    server.idling = b"TAG NO not now\r\n"
    box = opened(server, zone)
    with pytest.raises(FAULTS):
        box.wait(Event(), 3600)
    box.drop()


def test_it_fetches_what_it_may_beside_a_mail_that_the_server_cannot_read(server: ScriptedServer, zone: Zone) -> None:
    server.aside[b"FETCH"] = b"".join(
        b"* %d FETCH (UID %d BODY[] {4}\r\nmail)\r\n" % (number, number) for number in (1, 3)
    )
    server.refused = re.compile(rb"FETCH (1,)?2")
    box = opened(server, zone)
    assert box.fetch([1, 2, 3]) == {1: b"mail", 3: b"mail"}
    box.close()


@pytest.mark.parametrize("is_moved_to", [False, True])
def test_it_says_how_the_server_names_its_folders(server: ScriptedServer, zone: Zone, is_moved_to: bool) -> None:
    server.aside |= {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 NAMESPACE\r\n",
        b"NAMESPACE": b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n',
    }
    server.refused = re.compile(rb"SELECT|CREATE")
    fields = {"after_taking": AfterTaking.MOVE, "move_to": "Done/2026"} if is_moved_to else {"folder": "Done/2026"}
    with pytest.raises(Refused, match=r"Done/2026.*That cannot be.*INBOX.Done.2026"):
        ImapBox(make_mailbox(zone, port=server.port, **fields))


def test_it_says_plainly_that_it_may_not_log_in(server: ScriptedServer, zone: Zone) -> None:
    server.refused = re.compile(rb"LOGIN")
    with pytest.raises(FAULTS) as caught:
        opened(server, zone)
    assert in_words(caught.value) == "That cannot be"
