from django.db import models
from django.db.models import Q

from epm.models import Application, Zone
from lib.ids import new_id


class Suppression(models.Model):
    """An address that gets no mail of a zone, or of one application. Written by `email_processor.suppression` alone."""

    class Source(models.TextChoices):
        BOUNCE = "bounce", "Hard bounce"
        COMPLAINT = "complaint", "Complaint"
        HAND = "hand", "By hand"
        API = "api", "Application Interface"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, db_index=False, related_name="+")
    application = models.ForeignKey(
        Application,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Left empty, no application of the zone sends to it.",
    )
    address = models.CharField(
        max_length=320, help_text="In lower case, the domain in ASCII: the form it is compared in."
    )
    reason = models.CharField(
        max_length=300, blank=True, help_text="Why, in words; shown wherever a mail is held back."
    )
    source = models.CharField(max_length=10, choices=Source.choices)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField("until", null=True, blank=True, help_text="Left empty, for good.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "address", "application"], name="suppression_once"),
            models.UniqueConstraint(
                fields=["zone", "address"], condition=Q(application=None), name="suppression_once_in_zone"
            ),
        ]
        indexes = [models.Index(fields=["zone", "created_at"], name="suppression_newest")]

    def __str__(self) -> str:
        return self.address
