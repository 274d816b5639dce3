from django.db import models

from epm.models import Credential


class IdempotencyKey(models.Model):
    """What a caller has asked once under a key of its own, and what it was answered. Counts for 24 hours (contract.md 5)."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked, in hex.")
    answer = models.JSONField(null=True, help_text="Empty while the first call is still running.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "key"], name="idempotency_key_of_credential")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]

    def __str__(self) -> str:
        return self.key


class Meter(models.Model):
    """How much of an allowance a credential has used, where no Redis counts (`rates`)."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, db_index=False, related_name="+")
    allowance = models.CharField(max_length=20)
    dry_at = models.DateTimeField(help_text="When nothing of it will be used any more.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "allowance"], name="meter_of_credential")]

    def __str__(self) -> str:
        return self.allowance


class Nonce(models.Model):
    """A nonce that came with a digest (`soap.security`), so that nobody who overheard the call can make it again."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, db_index=False, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the nonce, in hex.")
    expires_at = models.DateTimeField(help_text="From then on the call would be refused as too old.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "digest"], name="nonce_of_credential")]

    def __str__(self) -> str:
        return self.digest
