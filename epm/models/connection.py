from django.db import models

from epm import validation
from epm.choices import ConnectionKind, RegisteredDelivery, TlsPolicy, Transport
from epm.models.zone import Zone
from lib.crypto import EncryptedTextField


class EmailConnection(models.Model):
    """A way out of a zone: an SMTP server, or directly to the servers of each recipient's domain."""

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="connections")
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=True, help_text="A disabled connection sends nothing.")
    kind = models.CharField(
        max_length=10,
        choices=ConnectionKind.choices,
        default=ConnectionKind.SMARTHOST,
        help_text="Directly: the mail servers are found in DNS, as a mail server of its own would.",
    )
    preference = models.PositiveSmallIntegerField(
        default=10,
        help_text="Connections with the smallest number are used first; the others stand by until all of those are broken.",
    )
    weight = models.PositiveSmallIntegerField(
        default=10,
        help_text="How much this one carries beside others of the same preference: 20 takes twice as much as 10.",
    )
    server = models.CharField(
        max_length=253,
        blank=True,
        validators=[validation.host_name],
        help_text="Host name or address of the mail server.",
    )
    transport = models.CharField(max_length=10, choices=Transport.choices, default=Transport.STARTTLS)
    port = models.PositiveIntegerField(
        default=587,
        validators=[validation.port_number],
        help_text="Usually 25 with TCP and directly, 465 with TLS, 587 with STARTTLS.",
    )
    verify_certificate = models.BooleanField(
        default=True, help_text="Refuse a server whose certificate does not prove its name (TLS and STARTTLS)."
    )
    user_name = models.CharField(max_length=200, blank=True, help_text="Left empty, no authentication.")
    password = EncryptedTextField(blank=True, default="", help_text="Encrypted at rest.")
    tls_policy = models.CharField(
        "TLS policy",
        max_length=15,
        choices=TlsPolicy.choices,
        default=TlsPolicy.OPPORTUNISTIC,
        help_text="How well the way to the recipients' servers must be protected.",
    )
    tls_policy_of_domains = models.TextField(
        "TLS policy of single domains",
        blank=True,
        validators=[validation.tls_policy_lines],
        help_text="A recipient's domain and its policy, one per line: bank.example verified. "
        "*.example.com stands for subdomains.",
    )
    source_ipv4 = models.GenericIPAddressField(
        "source address (IPv4)",
        protocol="IPv4",
        null=True,
        blank=True,
        help_text="An address of this machine that IPv4 connections come from. Left empty, the system chooses.",
    )
    source_ipv6 = models.GenericIPAddressField(
        "source address (IPv6)",
        protocol="IPv6",
        null=True,
        blank=True,
        help_text="An address of this machine that IPv6 connections come from. Left empty, the system chooses.",
    )
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
        default=20, help_text="How many SMTP connections one worker opens through this at most."
    )
    max_per_destination = models.PositiveSmallIntegerField(
        "connections to one domain",
        default=5,
        help_text="How many of them may go to one recipient's domain at the same time.",
    )
    max_per_second = models.PositiveIntegerField(
        "mails a second",
        null=True,
        blank=True,
        help_text="How many mails all workers together send through this in a second at most. Left empty, no limit.",
    )
    max_per_second_per_destination = models.PositiveIntegerField(
        "mails a second to one domain",
        null=True,
        blank=True,
        help_text="How many of them may go to one recipient's domain, or to domains with the same servers, in a second. "
        "Left empty, no limit.",
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
