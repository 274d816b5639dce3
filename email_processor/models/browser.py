from django.db import models
from django.db.models import Q

from epm.models import Application
from lib.claims import Claimable
from lib.ids import new_id


class Session(Claimable):
    """One run of an application by the Email Browser. While a Turn waits, `due_at` says when it is taken."""

    class Type(models.TextChoices):
        INBOUND = "inbound", "An arriving mail"
        OUTBOUND = "outbound", "launchEmail"
        RECEIPT = "receipt", "A delivery receipt"
        REPLY = "reply", "A reply"
        TIMEOUT = "timeout", "A time-out"

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        ENDED = "ended", "Ended"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, db_index=False, related_name="sessions")
    type = models.CharField(max_length=10, choices=Type.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    about = models.ForeignKey(
        "email_processor.Message",
        on_delete=models.SET_NULL,
        null=True,
        related_name="launched_sessions",
        help_text="The message whose receipt launched it.",
    )
    parent = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict)
    variables = models.JSONField(default=dict)
    turns_count = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="session_due"),
            models.Index(fields=["application", "id"], name="session_of_application"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.id}"


class Turn(models.Model):
    """One HTTP exchange of a Session: what the application was told, and what it answered. Pending until `answered_at`."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveSmallIntegerField()
    event = models.JSONField(help_text="contract.md 7: {message | receipt | launch …}")
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    duration = models.FloatField(null=True, help_text="Seconds of the last try.")
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the last try.")
    problem = models.CharField(max_length=300, blank=True)
    answer = models.JSONField(null=True, help_text="The actions and variables the application answered.")
    results = models.JSONField(default=list, help_text="What became of each action, in order.")

    class Meta:
        ordering = ["session", "number"]
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="turn_number")]

    def __str__(self) -> str:
        return f"turn {self.number}"
