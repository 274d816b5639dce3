from django.db import models
from django.db.models import Q

from epm import validation
from epm.choices import KeyState, SigningAlgorithm
from epm.models.zone import Zone
from lib.crypto import EncryptedTextField
from lib.ids import new_id


class SenderDomain(models.Model):
    """A domain a zone sends from, with its signing keys. It signs for its subdomains too, where these have no keys."""

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="domains")
    domain = models.CharField(
        max_length=253, validators=[validation.domain_name], help_text="For example example.com; kept in ASCII."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["zone", "domain"]
        constraints = [models.UniqueConstraint(fields=["zone", "domain"], name="sender_domain_in_zone")]

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        if hasattr(self, "zone"):
            validation.check_sender_domain(self)


class DkimKey(models.Model):
    """A pair of keys (RFC 6376, RFC 8463). The public one stands in the DNS under its selector; at most one of a kind signs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender_domain = models.ForeignKey(SenderDomain, on_delete=models.CASCADE, related_name="keys")
    algorithm = models.CharField(max_length=16, choices=SigningAlgorithm.choices)
    selector = models.CharField(max_length=63)
    private_key = EncryptedTextField(help_text="PKCS #8 in PEM; encrypted at rest.")
    public_key = models.TextField(help_text="The p= of the DNS record: base64.")
    state = models.CharField(max_length=10, choices=KeyState.choices, default=KeyState.NEW)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, help_text="When it was first seen in the DNS.")
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "DKIM key"
        ordering = ["sender_domain", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["sender_domain", "selector"], name="dkim_selector_of_domain"),
            models.UniqueConstraint(
                fields=["sender_domain", "algorithm"], condition=Q(state=KeyState.ACTIVE), name="dkim_one_key_signs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.sender_domain.domain}"
