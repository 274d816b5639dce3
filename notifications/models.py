from django.db import models
from django.db.models import Q

from epm.models import Application
from lib.claims import Claimable
from lib.ids import new_id


class NotificationState(models.TextChoices):
    PENDING = "pending", "Waiting to be told"
    TOLD = "told", "Told"
    ABANDONED = "abandoned", "Given up after the last retry"
    STOPPED = "stopped", "Stopped: the receiver said it is gone (410)"


class Notification(Claimable):
    """Telling one application one thing that happened. `subject` is opaque here: what the sequence counts along."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, db_index=False, related_name="notifications")
    type = models.CharField(max_length=40)
    subject = models.UUIDField()
    sequence = models.PositiveIntegerField()
    body = models.BinaryField(help_text="The JSON that is signed and sent, built once.")
    state = models.CharField(max_length=10, choices=NotificationState.choices, default=NotificationState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was tried since its schedule began.")
    attempts_before = models.PositiveSmallIntegerField(
        default=0, help_text="How often it was tried before it was replayed."
    )
    written_in = models.BigIntegerField(default=0, help_text="Number of the transaction that wrote it: see order.py.")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["subject", "sequence"], name="notification_sequence")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="notification_due"),
            models.Index(fields=["application", "id"], name="notification_of_application"),
            models.Index(fields=["application", "written_in", "id"], name="notification_commits"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject} #{self.sequence}"


class NotificationAttempt(models.Model):
    """One try to tell: what was called, what came back. `status` is empty where no HTTP answer came; `problem` says why."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    url = models.CharField(max_length=500)
    at = models.DateTimeField()
    duration = models.FloatField(help_text="Seconds.")
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, help_text="The first 1,000 characters of the answer.")
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["notification", "number"]

    def __str__(self) -> str:
        return f"try {self.number}: {self.status or self.problem}"
