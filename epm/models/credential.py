import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from epm import validation
from epm.choices import Channel, Scope
from epm.models.application import Application
from epm.models.zone import Zone
from lib.crypto import EncryptedTextField


def new_credential_id() -> str:
    """A name without an underscore: the console would read `_25` in a URL as an escaped percent sign."""
    return "epm-" + secrets.token_hex(8)


def all_calling_scopes() -> list[str]:
    return [Scope.SEND, Scope.LAUNCH, Scope.READ]


class Credential(models.Model):
    """What a caller authenticates with. The secret has 256 random bits, so one SHA-256 of it is as good as a slow hash."""

    id = models.CharField(primary_key=True, max_length=40, default=new_credential_id, editable=False)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="credentials")
    name = models.CharField(max_length=80, help_text="Who or what uses it.")
    enabled = models.BooleanField(default=True)
    channel = models.CharField(
        max_length=10,
        choices=Channel.choices,
        default=Channel.EMAIL,
        help_text="An application of another channel may send without naming an email application; then nobody is notified.",
    )
    scopes = models.JSONField(default=all_calling_scopes, validators=[validation.scope_list])
    all_applications = models.BooleanField(default=False, help_text="May use every application of its zone.")
    applications = models.ManyToManyField(Application, blank=True, related_name="credentials")
    manages_zones = models.BooleanField(
        "manages all zones",
        default=False,
        help_text="With the scope manage it configures every zone, and makes new ones. It sees no more mail for that. "
        "Only an operator gives this, in the console.",
    )
    allowed_networks = models.TextField(
        blank=True,
        validators=[validation.network_lines],
        help_text="Networks the caller may come from, one per line (192.0.2.0/24). Left empty, from anywhere.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        "requests a minute",
        null=True,
        blank=True,
        help_text="How many calls it may make in a minute, of whatever kind. Left empty, no limit.",
    )
    recipients_per_minute = models.PositiveIntegerField(
        "recipients a minute",
        null=True,
        blank=True,
        help_text="How many recipients it may send to in a minute. A mail to more of them is taken whole, and the next ones "
        "wait until that is made up for. Left empty, no limit.",
    )
    takes_digest = models.BooleanField(
        "may prove its secret by a digest",
        default=False,
        help_text="For SOAP callers that send a PasswordDigest (WS-Security) instead of the secret. The platform can check it "
        "only if it keeps the secret itself, encrypted; without this it keeps a hash, from which nobody can read the secret. "
        "Counts from the next secret on: renew it.",
    )
    secret_hash = models.CharField(max_length=64, editable=False)
    kept_secret = EncryptedTextField(blank=True, default="", editable=False)
    old_secret_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    old_kept_secret = EncryptedTextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then the secret before the last one is taken as well."
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["zone", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """No secret is kept for a credential that takes no digest."""
        if not self.takes_digest:
            self.kept_secret = self.old_kept_secret = ""
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if hasattr(self, "zone"):
            validation.check_credential(self)

    def renew_secret(self, old_until: datetime | None = None) -> str:
        """Set a fresh secret and return it; it is shown once and cannot be read again. The caller saves the row.

        The secret it had is taken until `old_until`; without that, or once there is a third, it counts no more.
        """
        self.end_old_secret()
        if old_until is not None:
            self.old_secret_hash, self.old_kept_secret = self.secret_hash, self.kept_secret
            self.old_secret_until = old_until
        secret = secrets.token_urlsafe(32)
        self.secret_hash, self.kept_secret = hash_secret(secret), secret
        return secret

    def end_old_secret(self) -> None:
        """Take only the newest secret from now on. The caller saves the row."""
        self.old_secret_hash, self.old_kept_secret, self.old_secret_until = "", "", None

    @property
    def has_old_secret(self) -> bool:
        """Is the secret before the last one still taken?"""
        return self.old_secret_until is not None and timezone.now() < self.old_secret_until

    def accepts(self, secret: str) -> bool:
        """Is this the credential's secret, or the one before within its time? Compared in constant time."""
        hashes = (self.secret_hash, self.old_secret_hash if self.has_old_secret else "")
        digest = hash_secret(secret)
        return any(hmac.compare_digest(known, digest) for known in hashes)

    def kept_secrets(self) -> list[str]:
        """The secrets that are taken now and kept so that they can be read; none unless it takes digests."""
        kept = (self.kept_secret, self.old_kept_secret if self.has_old_secret else "")
        return [secret for secret in kept if secret]

    def may(self, scopes: Iterable[Scope]) -> bool:
        return set(scopes) <= set(self.scopes)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
