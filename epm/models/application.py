import base64
import secrets

from django.db import models

from epm import validation
from epm.choices import InDoubtPolicy, MessageTypes, RegisteredDelivery
from epm.models.zone import Zone
from lib.crypto import EncryptedTextField
from lib.ids import new_id


def new_signing_secret() -> str:
    """A Standard Webhooks secret: `whsec_` and 24 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


class Application(models.Model):
    """A configured email application: what it answers to, whom to tell, and what to launch."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="applications")
    name = models.CharField(
        max_length=80,
        validators=[validation.application_name],
        help_text="Callers name it as applicationName, or zone:applicationName.",
    )
    enabled = models.BooleanField(default=True, help_text="A disabled application accepts no new mail.")
    short_code = models.CharField(
        max_length=20, blank=True, help_text="A short code people can dial or type to reach the application. Optional."
    )
    message_types = models.CharField(
        max_length=20,
        choices=MessageTypes.choices,
        default=MessageTypes.DELIVERY,
        help_text="Regular: arriving mail launches the application. Delivery: delivery receipts do.",
    )
    application_url = models.CharField(
        "application URL",
        max_length=500,
        blank=True,
        validators=[validation.http_url],
        help_text="The Email Browser calls this URL when a message or a receipt arrives, or when launchEmail asks.",
    )
    notification_url = models.CharField(
        "notification URL",
        max_length=500,
        blank=True,
        validators=[validation.http_url],
        help_text="Told when the email server has taken a mail, and of errors. Left empty, nobody is told.",
    )
    registered_delivery = models.CharField(
        max_length=20,
        choices=RegisteredDelivery.choices,
        blank=True,
        help_text="Which delivery reports to ask the mail servers for. Left empty, the connection decides.",
    )
    allowed_senders = models.TextField(
        blank=True,
        validators=[validation.sender_lines],
        help_text="Addresses or @domains this application may send from, one per line. "
        "Left empty, any sender of the zone's domains.",
    )
    in_doubt_policy = models.CharField(
        max_length=10,
        choices=InDoubtPolicy.choices,
        default=InDoubtPolicy.RESEND,
        help_text="What to do with a mail that was on the wire when a worker died, so that nobody knows if it left.",
    )
    in_doubt_wait = models.PositiveIntegerField(
        "wait for a receipt, minutes", default=60, help_text="How long to wait for a receipt before sending again."
    )
    suppress_hard_bounces = models.BooleanField(
        "suppress after a hard bounce",
        default=True,
        help_text="Send no more to an address that a server calls unknown, moved or closed.",
    )
    suppress_complaints = models.BooleanField(
        "suppress after a complaint",
        default=True,
        help_text="Send no more to an address whose owner called a mail unwanted.",
    )
    believe_unsigned = models.BooleanField(
        "believe reports without our signature",
        default=False,
        help_text="Let a delivery report take effect that came to another address than the signed return path, if it names the "
        "mail (its envelope id or Message-ID) and the recipient. Whoever has read the mail can forge such a report.",
    )
    signing_secret = EncryptedTextField(
        default=new_signing_secret, help_text="Signs every call to the two URLs (Standard Webhooks)."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["zone", "name"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "name"], name="application_name_in_zone"),
            models.UniqueConstraint(
                fields=["zone", "short_code"], condition=~models.Q(short_code=""), name="short_code_in_zone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone.name}:{self.name}"

    def clean(self) -> None:
        if hasattr(self, "zone"):
            validation.check_application(self)

    @property
    def supports_delivery(self) -> bool:
        return MessageTypes(self.message_types).include_delivery

    @property
    def supports_regular(self) -> bool:
        return MessageTypes(self.message_types).include_regular


class ApplicationAddress(models.Model):
    """An address an application answers to. One address belongs to one application."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="addresses")
    address = models.CharField(
        max_length=320,
        unique=True,
        validators=[validation.mail_address],
        help_text="For example orders@mail.example.com",
    )

    class Meta:
        verbose_name_plural = "application addresses"
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address

    def clean(self) -> None:
        validation.check_application_address(self)
