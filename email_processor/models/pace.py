"""How fast mail may go: what operators paused, what slow servers asked for, and how much of a second is used up."""

from django.db import models

from epm import validation
from epm.models import EmailConnection, Zone


class PausedDestination(models.Model):
    """A recipients' domain to which nothing is sent for now. Its mails wait, and expire when their time comes."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="+")
    domain = models.CharField(
        max_length=253,
        validators=[validation.domain_name],
        help_text="The part after the @ of the recipients' addresses. Subdomains are domains of their own.",
    )
    why = models.CharField(max_length=200, blank=True, help_text="For others who look after the platform.")
    created_at = models.DateTimeField("paused at", auto_now_add=True)

    class Meta:
        ordering = ["zone", "domain"]
        constraints = [models.UniqueConstraint(fields=["zone", "domain"], name="paused_destination_in_zone")]

    def __str__(self) -> str:
        return self.domain


class SlowedDestination(models.Model):
    """Where servers asked us to be slower: each step halves what is on the wire at once; time takes the steps back."""

    connection = models.ForeignKey(EmailConnection, on_delete=models.CASCADE, related_name="+")
    domain = models.CharField(
        max_length=253,
        blank=True,
        help_text="What the names of the servers have in common; empty: the server of the connection itself.",
    )
    steps = models.PositiveSmallIntegerField()
    why = models.TextField(help_text="What the server said.")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["connection", "domain"]
        constraints = [models.UniqueConstraint(fields=["connection", "domain"], name="slowed_destination")]

    def __str__(self) -> str:
        return self.domain or str(self.connection)


class PaceWindow(models.Model):
    """How many mails all workers sent in one second, where there is no Redis to count them.

    Through a connection, where `domain` is empty; else to the servers that have this name in common.
    """

    connection = models.ForeignKey(EmailConnection, on_delete=models.CASCADE, related_name="+")
    domain = models.CharField(max_length=253, blank=True)
    second = models.BigIntegerField(help_text="Unix time.")
    taken = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "domain"], name="pace_window")]

    def __str__(self) -> str:
        return f"{self.taken} in {self.second}"
