"""How the ways out and the workers are doing: written by workers when it changes, read by workers, operators and callers."""

from django.db import models

from epm.models import EmailConnection, Zone


class ConnectionStanding(models.Model):
    """What workers found out about a connection. A connection without a row has had no trouble yet.

    It is broken while `retry_at` is set: nothing is sent through it until then, and after that one mail, as a probe.
    """

    connection = models.OneToOneField(
        EmailConnection, on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    troubles = models.PositiveIntegerField(
        default=0, help_text="Attempts in a row that met trouble with the server itself."
    )
    openings = models.PositiveIntegerField(default=0, help_text="How often in a row it was found broken.")
    retry_at = models.DateTimeField(null=True)
    is_probed = models.BooleanField(default=False, help_text="One mail is on its way to see whether it works again.")
    why = models.TextField(blank=True, help_text="The last trouble, in words.")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"standing of {self.connection_id}"


class ProcessorStatus(models.Model):
    """A worker's last sign of life, one row for each host and zone it sends for."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="+")
    host = models.CharField(max_length=255)
    phase = models.CharField(
        max_length=10, help_text="What the worker says of itself: starting, running, stopping, stopped."
    )
    since = models.DateTimeField(help_text="When it entered this phase.")
    seen_at = models.DateTimeField(help_text="Its last sign of life.")

    class Meta:
        ordering = ["zone", "host"]
        constraints = [models.UniqueConstraint(fields=["zone", "host"], name="processor_of_zone_and_host")]

    def __str__(self) -> str:
        return f"{self.host} ({self.phase})"
