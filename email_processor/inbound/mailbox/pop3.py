"""A mailbox read by POP3 (RFC 1939), with STLS (RFC 2595). It knows the INBOX and deletion, and nothing else."""

import poplib
from base64 import b64encode
from collections.abc import Collection, Mapping

from email_processor.inbound.mailbox import tokens
from email_processor.inbound.mailbox.box import READ_SECONDS, Box, Refused, tls_context
from epm.choices import MailboxLogin, MailboxTransport
from epm.models import Mailbox


class Pop3Box(Box):
    """Keys are message numbers. The server locks the mailbox, and deletes when `close` says goodbye."""

    # Where a server cuts long sessions off, a large mailbox would be fetched for ever and never be deleted from.
    most_at_once = 1000

    def __init__(self, mailbox: Mailbox) -> None:
        context = tls_context(mailbox)
        self._client: poplib.POP3
        if mailbox.transport == MailboxTransport.TLS:
            self._client = poplib.POP3_SSL(mailbox.server, mailbox.port, timeout=READ_SECONDS, context=context)
        else:
            self._client = poplib.POP3(mailbox.server, mailbox.port, timeout=READ_SECONDS)
        try:
            if mailbox.transport == MailboxTransport.STARTTLS:
                self._client.stls(context)
            self._log_in(mailbox)
        except BaseException:
            self.drop()
            raise
        self._sizes: dict[int, int] = {}

    def _log_in(self, mailbox: Mailbox) -> None:
        if mailbox.login == MailboxLogin.OAUTH2:
            with tokens.lent(mailbox) as token:
                self._show(mailbox.user_name, token)
        else:
            self._client.user(mailbox.user_name)
            self._client.pass_(mailbox.password)

    def _show(self, user_name: str, token: str) -> None:
        """XOAUTH2 (RFC 5034 4): two lines, for a token is longer than a command may be. A refusal is a challenge first."""
        said = f"user={user_name}\x01auth=Bearer {token}\x01\x01"
        self._client._shortcmd("AUTH XOAUTH2")  # type: ignore[attr-defined]
        answer = self._client._shortcmd(b64encode(said.encode()).decode())  # type: ignore[attr-defined]
        if not answer.startswith(b"+OK"):
            self._client._shortcmd("")  # type: ignore[attr-defined]
            raise Refused("The server refuses the access token.")

    def waiting(self) -> list[int]:
        _, lines, _ = self._client.list()
        self._sizes = {int(number): int(size) for number, size in (line.split()[:2] for line in lines)}
        return sorted(self._sizes)

    def sizes(self, keys: Collection[int]) -> Mapping[int, int]:
        return {key: self._sizes[key] for key in keys}

    def fetch(self, keys: Collection[int]) -> Mapping[int, bytes]:
        given = ((key, self._retrieve(key)) for key in keys)
        return {key: raw for key, raw in given if raw is not None}

    def _retrieve(self, key: int) -> bytes | None:
        try:
            _, lines, _ = self._client.retr(key)
        except poplib.error_proto as error:
            # What the server says comes as octets, what the library says of the connection as text.
            if isinstance(error.args[0], bytes):
                return None
            raise
        return b"".join(line + b"\r\n" for line in lines)

    def dispose(self, keys: Collection[int]) -> None:
        for key in keys:
            self._client.dele(key)

    def close(self) -> None:
        self._client.quit()

    def drop(self) -> None:
        self._client.close()
