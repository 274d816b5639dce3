"""Mailboxes of a real server: Dovecot, by IMAP and POP3."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections
from imapclient import IMAPClient

from email_processor.inbound import intake
from email_processor.inbound.mailbox.imap import ImapBox
from email_processor.inbound.mailbox.pollers import Pollers
from email_processor.inbound.mailbox.pop3 import Pop3Box
from email_processor.models import InboundMessage, Recipient, State
from epm.choices import AfterTaking, MailboxLogin, MailboxProtocol, MailboxTransport
from epm.models import Application, Mailbox, Zone
from lib.ids import new_id
from tests.dovecot.conftest import ORDERS
from tests.dovecot.server import PASSWORD, PrivateDovecot
from tests.inbound.mailboxes import look_into, make_mailbox
from tests.inbound.reports import regular, report
from tests.receivers import Receiver, Reply
from tests.waiting import eventually

pytestmark = [pytest.mark.dovecot, pytest.mark.django_db(transaction=True)]

Deliver = Callable[..., None]

IMAP, POP3 = MailboxProtocol.IMAP, MailboxProtocol.POP3
TCP, TLS, STARTTLS = MailboxTransport.TCP, MailboxTransport.TLS, MailboxTransport.STARTTLS


@pytest.fixture
def make(zone: Zone, dovecot: PrivateDovecot) -> Callable[..., Mailbox]:
    """A mailbox of Dovecot that nobody used before."""

    def make(protocol: str = IMAP, transport: str = TCP, **fields: Any) -> Mailbox:
        port = {(IMAP, TLS): dovecot.imaps, (POP3, TLS): dovecot.pop3s}.get(
            (MailboxProtocol(protocol), MailboxTransport(transport)), dovecot.imap if protocol == IMAP else dovecot.pop3
        )
        options = {"protocol": protocol, "transport": transport, "port": port, "user_name": f"{new_id()}@example.com"}
        return make_mailbox(zone, **{**options, "verify_certificate": False, **fields})

    return make


@contextmanager
def logged_in(mailbox: Mailbox, dovecot: PrivateDovecot) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", dovecot.imap, ssl=False) as client:
        client.login(mailbox.user_name, PASSWORD)
        yield client


def left_in(mailbox: Mailbox, dovecot: PrivateDovecot, folder: str = "INBOX", criteria: str = "ALL") -> int:
    with logged_in(mailbox, dovecot) as client:
        client.select_folder(folder)
        return len(client.search([criteria]))


@pytest.mark.parametrize(
    ("protocol", "transport"),
    [(IMAP, TCP), (IMAP, TLS), (IMAP, STARTTLS), (POP3, TCP), (POP3, TLS), (POP3, STARTTLS)],
)
def test_it_takes_a_report_to_its_recipient_and_empties_the_mailbox(
    make: Callable[..., Mailbox],
    deliver: Deliver,
    dovecot: PrivateDovecot,
    recipient: Recipient,
    protocol: str,
    transport: str,
) -> None:
    mailbox = make(protocol, transport)
    deliver(mailbox.user_name, report(recipient, "failed"))
    assert look_into(mailbox).problem == ""
    intake.classify_due()
    recipient.refresh_from_db()
    assert (recipient.state, left_in(mailbox, dovecot)) == (State.BOUNCED, 0)


@pytest.mark.parametrize("protocol", [IMAP, POP3])
def test_it_keeps_the_mail_as_it_lay_there(
    make: Callable[..., Mailbox], dovecot: PrivateDovecot, shop: Application, protocol: str
) -> None:
    mailbox = make(protocol)
    raw = regular(ORDERS, ".dots\n..and\nümläuts " + "x" * 100_000)
    with logged_in(mailbox, dovecot) as client:
        client.append("INBOX", raw)
    look_into(mailbox)
    inbound = InboundMessage.objects.get()
    assert bytes(inbound.raw) == raw
    assert (inbound.source, inbound.mail_from, inbound.rcpt_to) == ("mailbox", "customer@example.net", ORDERS)


def test_it_marks_as_read(make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot) -> None:
    mailbox = make(after_taking=AfterTaking.MARK)
    deliver(mailbox.user_name, regular(ORDERS))
    look_into(mailbox)
    assert (left_in(mailbox, dovecot), left_in(mailbox, dovecot, criteria="UNSEEN")) == (1, 0)
    assert look_into(mailbox).taken == 1


def test_it_marks_as_deleted(make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot) -> None:
    mailbox = make(expunge=False)
    deliver(mailbox.user_name, regular(ORDERS))
    look_into(mailbox)
    assert left_in(mailbox, dovecot, criteria="DELETED") == 1
    assert look_into(mailbox).taken == 1


def test_it_moves_to_a_folder_that_it_makes(
    make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot
) -> None:
    mailbox = make(after_taking=AfterTaking.MOVE, move_to="Taken by EPM")
    deliver(mailbox.user_name, regular(ORDERS))
    look_into(mailbox)
    assert (left_in(mailbox, dovecot), left_in(mailbox, dovecot, "Taken by EPM")) == (0, 1)


def test_it_checks_the_folder_it_is_told(
    make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot
) -> None:
    mailbox = make(folder="Bounces & more")
    deliver(mailbox.user_name, regular(ORDERS))
    with logged_in(mailbox, dovecot) as client:
        client.create_folder("Bounces & more")
        client.append("Bounces & more", regular(ORDERS))
    look_into(mailbox)
    assert (left_in(mailbox, dovecot), left_in(mailbox, dovecot, "Bounces & more")) == (1, 0)


def test_it_leaves_what_others_marked_as_deleted(
    make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot
) -> None:
    mailbox = make()
    deliver(mailbox.user_name, regular(ORDERS), regular(ORDERS, "another"))
    with logged_in(mailbox, dovecot) as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Deleted"])
    look_into(mailbox)
    assert (InboundMessage.objects.count(), left_in(mailbox, dovecot)) == (1, 1)


@pytest.mark.parametrize(("protocol", "box", "name"), [(IMAP, ImapBox, "dispose"), (POP3, Pop3Box, "close")])
def test_it_takes_a_mail_once_though_the_server_goes_away_before_it_is_deleted(
    make: Callable[..., Mailbox],
    deliver: Deliver,
    dovecot: PrivateDovecot,
    monkeypatch: pytest.MonkeyPatch,
    protocol: str,
    box: type,
    name: str,
) -> None:
    mailbox = make(protocol)
    deliver(mailbox.user_name, b"Subject: without Message-ID\r\n\r\nping\r\n")
    with monkeypatch.context() as broken:
        broken.setattr(box, name, _goes_away)
        assert look_into(mailbox).failures == 1
    assert (look_into(mailbox).failures, left_in(mailbox, dovecot)) == (0, 0)
    assert InboundMessage.objects.count() == 1


def _goes_away(*_: Any) -> None:
    raise ConnectionResetError(104, "Connection reset by peer")


def test_it_leaves_a_mail_over_the_limit_and_says_so(
    make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot, settings: Any
) -> None:
    settings.EPM_INBOUND_LIMIT = 2000
    mailbox = make()
    deliver(mailbox.user_name, regular(ORDERS, "x" * 3000), regular(ORDERS))
    assert look_into(mailbox).problem == "Left in the mailbox, for they have over 2000 octets: 1."
    assert (InboundMessage.objects.count(), left_in(mailbox, dovecot)) == (1, 1)


def test_it_says_why_it_may_not_log_in_and_waits(make: Callable[..., Mailbox]) -> None:
    mailbox = look_into(make(password="wrong"))
    assert "Authentication failed" in mailbox.problem
    assert (mailbox.failures, mailbox.claim) == (1, None)


def test_it_refuses_a_certificate_that_proves_nothing(make: Callable[..., Mailbox]) -> None:
    mailbox = look_into(make(transport=TLS, verify_certificate=True))
    assert "certificate is not valid" in mailbox.problem


def test_it_says_which_folder_is_missing(make: Callable[..., Mailbox]) -> None:
    assert "Nowhere" in look_into(make(folder="Nowhere")).problem


@pytest.fixture
def make_tokened(make: Callable[..., Mailbox], provider: Receiver) -> Callable[..., Mailbox]:
    """A mailbox behind access tokens; the provider says that each is good for an hour, and its user's."""

    def make_tokened(protocol: str = IMAP, active: str = "yes") -> Mailbox:
        mailbox = make(
            protocol,
            login=MailboxLogin.OAUTH2,
            token_url=f"{provider.url}/token",
            client_id="epm",
            refresh_token="refresh",
            password="",
        )

        def answer(asked: Any) -> Reply:
            if asked.path == "/token":
                return Reply(200, b'{"access_token": "fresh", "refresh_token": "next", "expires_in": 3600}')
            return Reply(200, f'{{"active": "{active}", "user": "{mailbox.user_name}"}}'.encode())

        provider.script = answer
        return mailbox

    return make_tokened


def tokens_asked(provider: Receiver) -> list[bytes]:
    return [asked.body for asked in provider.received if asked.path == "/token"]


@pytest.mark.parametrize("protocol", [IMAP, POP3])
def test_it_logs_in_with_a_fresh_access_token(
    make_tokened: Callable[..., Mailbox], deliver: Deliver, provider: Receiver, protocol: str
) -> None:
    mailbox = make_tokened(protocol)
    deliver(mailbox.user_name, regular(ORDERS))
    assert look_into(mailbox).problem == ""
    assert (mailbox.taken, mailbox.refresh_token) == (1, "next")
    assert b"grant_type=refresh_token&refresh_token=refresh" in tokens_asked(provider)[-1]


def test_it_shows_a_token_again_while_it_is_good(make_tokened: Callable[..., Mailbox], provider: Receiver) -> None:
    mailbox = make_tokened()
    before = len(tokens_asked(provider))
    look_into(mailbox)
    assert look_into(mailbox).problem == ""
    assert len(tokens_asked(provider)) == before + 1


@pytest.mark.parametrize("protocol", [IMAP, POP3])
def test_it_asks_for_another_token_when_one_was_refused(
    make_tokened: Callable[..., Mailbox], provider: Receiver, protocol: str
) -> None:
    mailbox = make_tokened(protocol, active="no")
    before = len(tokens_asked(provider))
    assert look_into(mailbox).problem != ""
    look_into(mailbox)
    assert len(tokens_asked(provider)) == before + 2


def test_it_says_why_the_provider_gives_no_token(make: Callable[..., Mailbox], provider: Receiver) -> None:
    provider.answers(Reply(400, b'{"error": "invalid_grant"}'))
    mailbox = make(login=MailboxLogin.OAUTH2, token_url=f"{provider.url}/token", client_id="epm", refresh_token="old")
    assert "invalid_grant (status 400)" in look_into(mailbox).problem


@contextmanager
def polling() -> Iterator[None]:
    stop = Event()

    def run() -> None:
        Pollers(stop).run()
        connections.close_all()

    thread = Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def pollers(zone: Zone) -> Iterator[None]:
    with polling():
        yield


def taken(count: int) -> Callable[[], bool]:
    return lambda: InboundMessage.objects.count() == count


def test_it_hears_of_new_mail_at_once(make: Callable[..., Mailbox], deliver: Deliver, pollers: None) -> None:
    mailbox = make(idle=True, poll_seconds=3600)
    deliver(mailbox.user_name, regular(ORDERS))
    eventually(taken(1), "the mail that waited")
    deliver(mailbox.user_name, regular(ORDERS, "another"))
    eventually(taken(2), "the mail that came later")


@pytest.mark.parametrize("transport", [TCP, TLS, STARTTLS])
def test_it_hears_of_mail_that_came_between_a_look_and_its_sleep(
    make: Callable[..., Mailbox], deliver: Deliver, transport: str
) -> None:
    mailbox = make(IMAP, transport)
    box = ImapBox(mailbox)
    box.waiting()
    deliver(mailbox.user_name, regular(ORDERS))
    assert box.wait(Event(), 3600)
    assert len(box.waiting()) == 1
    box.close()


def test_it_reads_afresh_what_an_operator_changes(
    make: Callable[..., Mailbox], deliver: Deliver, dovecot: PrivateDovecot, pollers: None
) -> None:
    mailbox = make(idle=True, poll_seconds=3600)
    eventually(lambda: Mailbox.objects.filter(checked_at__isnull=False).exists(), "a first look")
    mailbox.user_name = f"{new_id()}@example.com"
    mailbox.save()
    deliver(mailbox.user_name, regular(ORDERS))
    eventually(taken(1), "the mail of the other user")


def test_it_gives_its_mailboxes_back_when_it_stops(make: Callable[..., Mailbox]) -> None:
    mailbox = make(idle=True, poll_seconds=3600)
    with polling():
        eventually(lambda: Mailbox.objects.filter(checked_at__isnull=False).exists(), "a first look")
    mailbox.refresh_from_db()
    assert mailbox.claim is None
