"""A folder read by IMAP4 (RFC 3501, RFC 9051), with IDLE (RFC 2177), UIDPLUS (RFC 4315) and MOVE (RFC 6851) where offered."""

import imaplib
import time
from collections.abc import Callable, Collection, Mapping
from select import POLLIN, poll
from ssl import SSLWantReadError
from threading import Event

from imapclient import DELETED, SEEN, IMAPClient, SocketTimeout

from email_processor.inbound.mailbox import tokens
from email_processor.inbound.mailbox.box import CONNECT_SECONDS, READ_SECONDS, Box, Refused, in_words, tls_context
from epm.choices import AfterTaking, MailboxLogin, MailboxTransport
from epm.models import Mailbox

LOOK_SECONDS = 1.0
"""How soon a waiting poller notices that it is asked to stop."""

IDLE_SECONDS = 29 * 60.0
"""Servers may log out who idles for longer (RFC 2177 section 3)."""


class Idling:
    """An IDLE command under way (RFC 2177). Responses are kept where those to other commands are.

    IMAPClient's own waits at the socket: what came in one packet with the answer to IDLE lies in its buffer by then, and
    would be heard with the next packet, minutes later. A server that hung up, it does not notice at all.
    """

    def __init__(self, client: IMAPClient) -> None:
        self._imap, self._socket, self._news = client._imap, client.socket(), poll()
        self._news.register(self._socket, POLLIN)
        self._tag = self._imap._command("IDLE")
        while self._imap._get_response() is not None:  # None is the continuation
            self._refuse_if_over()

    def listen(self, seconds: float) -> None:
        """Take in one response, if one comes within `seconds`. Raises imaplib.IMAP4.error when the server hung up."""
        if self._has_more() or self._news.poll(seconds * 1000):
            self._imap._get_response()
            self._refuse_if_over()

    def _has_more(self) -> bool:
        """Is there something that came, but that the socket does not show any more?"""
        self._socket.setblocking(False)
        try:
            return bool(self._imap.file.peek(1))
        except SSLWantReadError:
            return False
        finally:
            self._socket.settimeout(READ_SECONDS)

    def _refuse_if_over(self) -> None:
        if answer := self._imap.tagged_commands[self._tag]:
            raise imaplib.IMAP4.error(f"The server ended IDLE: {answer[1][-1].decode('utf-8', 'replace')}")

    def done(self) -> None:
        self._imap.send(b"DONE\r\n")
        self._imap._command_complete("IDLE", self._tag)
        self._imap.untagged_responses.clear()  # flags of other mails are no answer to the next FETCH


class ImapBox(Box):
    """Keys are UIDs."""

    def __init__(self, mailbox: Mailbox) -> None:
        context = tls_context(mailbox)
        self._mailbox = mailbox
        self._client = IMAPClient(
            mailbox.server,
            mailbox.port,
            ssl=mailbox.transport == MailboxTransport.TLS,
            ssl_context=context,
            timeout=SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        try:
            if mailbox.transport == MailboxTransport.STARTTLS:
                self._client.starttls(context)
            self._log_in()
            self._open()
        except BaseException:
            self.drop()
            raise

    def _log_in(self) -> None:
        if self._mailbox.login == MailboxLogin.OAUTH2:
            with tokens.lent(self._mailbox) as token:
                self._client.oauth2_login(self._mailbox.user_name, token)
        else:
            self._client.login(self._mailbox.user_name, self._mailbox.password)

    def _open(self) -> None:
        target = self._mailbox.move_to
        if self._mailbox.after_taking == AfterTaking.MOVE and not self._client.folder_exists(target):
            self._of_folder(self._client.create_folder, target)
        self._of_folder(self._client.select_folder, self._mailbox.folder)

    def _of_folder(self, command: Callable[[str], object], name: str) -> None:
        try:
            command(name)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise Refused(f"The folder {name}: {in_words(error).rstrip('.')}.{self._advice(name)}") from error

    def _advice(self, name: str) -> str:
        """How the server would name that folder (RFC 2342), if otherwise."""
        if not self._client.has_capability("NAMESPACE"):
            return ""
        prefix, delimiter = (self._client.namespace().personal or (("", "/"),))[0]
        usual = name.replace("/", delimiter or "/")
        usual = usual if usual.startswith(prefix) or usual.upper() == "INBOX" else prefix + usual
        return "" if usual == name else f" On this server it would be named {usual}."

    def waiting(self) -> list[int]:
        self._announced()  # what was announced before is found now
        marks = self._mailbox.after_taking == AfterTaking.MARK
        return sorted(self._client.search(["UNSEEN", "UNDELETED"] if marks else ["UNDELETED"]))

    def sizes(self, keys: Collection[int]) -> Mapping[int, int]:
        found = self._client.fetch(keys, ["RFC822.SIZE"])
        return {key: int(found[key][b"RFC822.SIZE"]) for key in keys if key in found}

    def fetch(self, keys: Collection[int]) -> Mapping[int, bytes]:
        try:
            found = self._client.fetch(keys, ["BODY.PEEK[]"])
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            # One that the server cannot read makes it refuse all that were asked for with it.
            alone = (self.fetch([key]) for key in keys) if len(keys) > 1 else ()
            return {key: raw for given in alone for key, raw in given.items()}
        return {key: found[key][b"BODY[]"] for key in keys if key in found and found[key].get(b"BODY[]")}

    def dispose(self, keys: Collection[int]) -> None:
        after = self._mailbox.after_taking
        if after == AfterTaking.MARK:
            self._client.add_flags(keys, [SEEN], silent=True)
        elif after == AfterTaking.DELETE:
            self._delete(keys)
        elif self._client.has_capability("MOVE"):
            self._client.move(keys, self._mailbox.move_to)
        else:
            self._client.copy(keys, self._mailbox.move_to)
            self._delete(keys)

    def _delete(self, keys: Collection[int]) -> None:
        self._client.add_flags(keys, [DELETED], silent=True)
        if not self._mailbox.expunge:
            return
        # Without UIDPLUS, what others have marked as deleted goes, too.
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(keys)
        else:
            self._client.expunge()

    def wait(self, stop: Event, seconds: float) -> bool:
        if not self._client.has_capability("IDLE"):
            return False
        if self._announced():
            return True
        deadline = time.monotonic() + min(seconds, IDLE_SECONDS)
        idling = Idling(self._client)
        while not (self._announced() or stop.is_set() or time.monotonic() > deadline):
            idling.listen(LOOK_SECONDS)
        idling.done()
        return True

    def _announced(self) -> bool:
        """Was new mail announced with the answer to any command since this was last asked?

        Such news comes once (RFC 3501 7.3.1): who went to IDLE without having heard it would wait in vain.
        """
        _, news = self._client._imap.response("EXISTS")
        return bool(news != [None])

    def close(self) -> None:
        self._client.logout()

    def drop(self) -> None:
        self._client.shutdown()
