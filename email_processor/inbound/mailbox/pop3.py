"""A mailbox read by POP3 (RFC 1939), with STLS (RFC 2595). It knows the INBOX and deletion, and nothing else."""

import poplib
from collections.abc import Collection, Mapping

from email_processor.inbound.mailbox.box import READ_SECONDS, Box, tls_context
from epm.choices import MailboxTransport
from epm.models import Mailbox


class Pop3Box(Box):
    """Keys are message numbers. The server locks the mailbox, and deletes when `close` says goodbye."""

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
            self._client.user(mailbox.user_name)
            self._client.pass_(mailbox.password)
        except BaseException:
            self.drop()
            raise
        self._sizes: dict[int, int] = {}

    def waiting(self) -> list[int]:
        _, lines, _ = self._client.list()
        self._sizes = {int(number): int(size) for number, size in (line.split()[:2] for line in lines)}
        return sorted(self._sizes)

    def sizes(self, keys: Collection[int]) -> Mapping[int, int]:
        return {key: self._sizes[key] for key in keys}

    def fetch(self, keys: Collection[int]) -> Mapping[int, bytes]:
        return {key: b"".join(line + b"\r\n" for line in self._client.retr(key)[1]) for key in keys}

    def dispose(self, keys: Collection[int]) -> None:
        for key in keys:
            self._client.dele(key)

    def close(self) -> None:
        self._client.quit()

    def drop(self) -> None:
        self._client.close()
