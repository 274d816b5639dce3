from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from epm import validation
from epm.choices import AfterTaking, MailboxLogin, MailboxProtocol, MailboxTransport
from epm.models.zone import Zone
from lib.claims import Claimable
from lib.crypto import EncryptedTextField
from lib.ids import new_id

SHORTEST_POLL, LONGEST_POLL = 5, 86_400
"""Seconds."""


class Mailbox(Claimable):
    """A mailbox on another server that is emptied into the intake. `due_at` is its next poll, `claim` its one poller."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="mailboxes")
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=True, help_text="A disabled mailbox is not read.")
    protocol = models.CharField(max_length=4, choices=MailboxProtocol.choices, default=MailboxProtocol.IMAP)
    server = models.CharField(
        max_length=253, validators=[validation.host_name], help_text="Host name or address of the mail server."
    )
    transport = models.CharField(max_length=10, choices=MailboxTransport.choices, default=MailboxTransport.TLS)
    port = models.PositiveIntegerField(
        default=993,
        validators=[validation.port_number],
        help_text="Usually 993 for IMAP with TLS, 143 without or with STARTTLS; 995 and 110 for POP3.",
    )
    verify_certificate = models.BooleanField(
        default=True, help_text="Refuse a server whose certificate does not prove its name (TLS and STARTTLS)."
    )
    login = models.CharField(max_length=10, choices=MailboxLogin.choices, default=MailboxLogin.PASSWORD)
    user_name = models.CharField(max_length=200, help_text="Often the mailbox's address.")
    password = EncryptedTextField(blank=True, default="", help_text="Encrypted at rest.")
    token_url = models.CharField(
        "token URL",
        max_length=500,
        blank=True,
        validators=[validation.http_url],
        help_text="Where the provider gives out access tokens (RFC 6749 3.2).",
    )
    client_id = models.CharField("client id", max_length=200, blank=True)
    client_secret = EncryptedTextField(blank=True, default="", help_text="Encrypted at rest.")
    refresh_token = EncryptedTextField(
        blank=True, default="", help_text="Encrypted at rest. Left empty, the client asks in its own name."
    )
    scope = models.CharField(max_length=300, blank=True, help_text="What the token is for, where the provider asks.")
    folder = models.CharField(max_length=200, default="INBOX", help_text="The folder to check (IMAP).")
    after_taking = models.CharField(
        max_length=10,
        choices=AfterTaking.choices,
        default=AfterTaking.DELETE,
        help_text="What to do with a mail once it is stored here. POP3 can only delete.",
    )
    move_to = models.CharField(max_length=200, blank=True, help_text="The folder that taken mails are moved to.")
    expunge = models.BooleanField(default=True, help_text="Remove deleted mails at once instead of only marking them.")
    idle = models.BooleanField(
        "stay connected", default=True, help_text="Let the server tell of new mail at once (IMAP IDLE), where it can."
    )
    poll_seconds = models.PositiveIntegerField(default=60, help_text="Seconds between two looks without IDLE.")
    address = models.CharField(
        max_length=320,
        blank=True,
        validators=[validation.mail_address],
        help_text="Whose mail it is where a mail's own headers name no address of this platform. "
        "Left empty, such mails are stored without a recipient.",
    )
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Failed polls since the last good one.")
    problem = models.CharField(max_length=300, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Last read without a problem.")
    taken = models.PositiveBigIntegerField(default=0, editable=False, help_text="Mails taken from it so far.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["zone", "name"]
        verbose_name_plural = "mailboxes"
        constraints = [models.UniqueConstraint(fields=["zone", "name"], name="mailbox_name_in_zone")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="mailbox_due")]

    def __str__(self) -> str:
        return f"{self.zone.name}:{self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever changes a mailbox takes it from its poller: it is read afresh, at once, or not at all."""
        self.due_at, self.claim, self.failures = (timezone.now() if self.enabled else None), None, 0
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if problems := dict(_problems(self)):
            raise ValidationError(problems)


def _problems(mailbox: Mailbox) -> Iterator[tuple[str, str]]:
    """Where fields of the mailbox contradict each other: the field, and a sentence for the operator."""
    if mailbox.login == MailboxLogin.PASSWORD and not mailbox.password:
        yield "password", f"Server {mailbox.server} will ask for the password of {mailbox.user_name}."
    if mailbox.login == MailboxLogin.OAUTH2:
        if not mailbox.token_url:
            yield "token_url", "Say where the provider gives out access tokens."
        if not mailbox.client_id:
            yield "client_id", "The provider knows this platform by a client id: register it there."
        if not mailbox.refresh_token and not mailbox.client_secret:
            yield "refresh_token", "Without a client secret it takes a refresh token."
    if mailbox.protocol == MailboxProtocol.POP3:
        if mailbox.after_taking != AfterTaking.DELETE:
            yield "after_taking", "POP3 knows neither flags nor folders: what was taken can only be deleted."
        if mailbox.folder.upper() != "INBOX":
            yield "folder", "POP3 knows no folders, only the INBOX."
    if mailbox.after_taking == AfterTaking.MOVE and not mailbox.move_to:
        yield "move_to", "Say which folder taken mails are moved to."
    if mailbox.after_taking == AfterTaking.MOVE and mailbox.move_to == mailbox.folder:
        yield "move_to", f"Mails moved to {mailbox.folder} would be taken again. Choose another folder."
    if not SHORTEST_POLL <= (mailbox.poll_seconds or 0) <= LONGEST_POLL:
        yield "poll_seconds", f"Look every {SHORTEST_POLL} to {LONGEST_POLL} seconds."
