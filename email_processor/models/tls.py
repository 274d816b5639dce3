"""What TLS reports are made of: how well the way to the servers of each domain was protected (RFC 8460)."""

from django.db import models


class PolicyType(models.TextChoices):
    """RFC 8460 4.4: what a domain asked for."""

    TLSA = "tlsa", "DANE"
    STS = "sts", "MTA-STS"
    NONE = "no-policy-found", "none"


class TlsSessions(models.Model):
    """Connections to the servers of one domain on one UTC day that went alike. `failure` is empty where they were protected."""

    key = models.CharField(max_length=64, primary_key=True, help_text="A digest of all that follows but the count.")
    day = models.DateField()
    destination = models.CharField(max_length=253, help_text="The recipients' domain, whose report it belongs to.")
    policy_type = models.CharField(max_length=16, choices=PolicyType.choices)
    policy_domain = models.CharField(max_length=253, help_text="The domain, with DANE the server, that has the policy.")
    policy_strings = models.JSONField(default=list, help_text="The policy, line by line.")
    failure = models.CharField(max_length=40, blank=True, help_text="A result type of RFC 8460 4.3.")
    host = models.CharField(max_length=253, blank=True, help_text="The server that failed.")
    address = models.CharField(max_length=45, blank=True)
    source = models.CharField(max_length=45, blank=True, help_text="Our address.")
    reason = models.CharField(max_length=200, blank=True, help_text="More about the failure.")
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["-day", "destination"]
        indexes = [models.Index(fields=["day", "destination"], name="tls_sessions_of_day")]

    def __str__(self) -> str:
        return f"{self.destination} on {self.day}: {self.failure or 'protected'}"
