from django.db import models

from epm import validation
from epm.choices import RegisteredDelivery, Transport
from epm.models.zone import Zone
from lib.crypto import EncryptedTextField


class EmailConnection(models.Model):
    """A way out: an SMTP server of a zone."""

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="connections")
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=True, help_text="A disabled connection sends nothing.")
    server = models.CharField(
        max_length=253, validators=[validation.host_name], help_text="Host name or address of the mail server."
    )
    transport = models.CharField(max_length=10, choices=Transport.choices, default=Transport.STARTTLS)
    port = models.PositiveIntegerField(
        default=587,
        validators=[validation.port_number],
        help_text="Usually 25 with TCP, 465 with TLS, 587 with STARTTLS.",
    )
    verify_certificate = models.BooleanField(
        default=True, help_text="Refuse a server whose certificate does not prove its name (TLS and STARTTLS)."
    )
    user_name = models.CharField(max_length=200, blank=True, help_text="Left empty, no authentication.")
    password = EncryptedTextField(blank=True, default="", help_text="Encrypted at rest.")
    sender_address = models.CharField(
        max_length=320,
        blank=True,
        validators=[validation.mail_address],
        help_text="Used as the sender where a caller names none of its own.",
    )
    return_path_domain = models.CharField(
        max_length=253,
        validators=[validation.domain_name],
        help_text="Domain of the signed return paths. Its mail must reach this platform's listener or a mailbox it reads.",
    )
    registered_delivery = models.CharField(
        max_length=20,
        choices=RegisteredDelivery.choices,
        default=RegisteredDelivery.SUCCESS_AND_FAILURE,
        help_text="Which delivery reports to ask for where the application does not say.",
    )
    max_connections = models.PositiveSmallIntegerField(
        default=20, help_text="How many SMTP connections one worker opens to this server at most."
    )
    ehlo_features = models.JSONField(
        null=True, blank=True, editable=False, help_text="What the server offered when last greeted (RFC 5321 4.1.1.1)."
    )
    ehlo_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["zone", "name"]
        constraints = [models.UniqueConstraint(fields=["zone", "name"], name="connection_name_in_zone")]

    def __str__(self) -> str:
        return f"{self.zone.name}:{self.name}"

    def clean(self) -> None:
        if hasattr(self, "zone"):
            validation.check_connection(self)
