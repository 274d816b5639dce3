from django.db import models
from django.db.models import Q

from email_processor.models.recipient import Recipient
from epm.models import Application
from lib.claims import Claimable
from lib.ids import new_id


class InboundMessage(Claimable):
    """A mail taken in: stored raw and committed before anybody is answered, then classified."""

    class Source(models.TextChoices):
        SMTP = "smtp", "SMTP listener"
        LMTP = "lmtp", "LMTP listener"
        MAILBOX = "mailbox", "Mailbox"
        HTTP = "http", "Application Interface"
        COMMAND = "command", "Command line"

    class Kind(models.TextChoices):
        UNCLASSIFIED = "", "Not yet classified"
        DELIVERY_REPORT = "delivery_report", "Delivery report"
        READ_REPORT = "read_report", "Read report"
        COMPLAINT = "complaint", "Complaint"
        AUTO_REPLY = "auto_reply", "Automatic reply"
        REGULAR = "regular", "Regular mail"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=8, choices=Source.choices)
    peer = models.CharField(max_length=45, blank=True, help_text="The IP address it came from, over a wire.")
    mail_from = models.CharField(max_length=320, blank=True, help_text="Empty for the null sender.")
    rcpt_to = models.CharField(max_length=320, blank=True)
    raw = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of what tells the mail from others, in hex.")
    size = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices, blank=True, default=Kind.UNCLASSIFIED)
    application = models.ForeignKey(Application, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    problem = models.CharField(max_length=300, blank=True, help_text="Why nothing more was done with it, if so.")
    attempts = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()
    classified_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="inbound_due"),
        ]
        # One mail, one row: also where two workers take the same bytes in the same instant.
        constraints = [models.UniqueConstraint(fields=["digest"], name="inbound_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.rcpt_to}"


class Evidence(models.TextChoices):
    """How good the evidence is, weakest first (design.md 2)."""

    NONE = "none", "None"
    ACCEPTED = "accepted", "The server took the mail"
    RELAYED = "relayed", "Relayed to a server that reports nothing"
    REPORTED = "reported", "The last server reported"
    READ = "read", "The reader confirmed"


class MatchedBy(models.TextChoices):
    """The key that joined a receipt to its recipient, strongest first."""

    RETURN_PATH = "return_path", "Signed return path"
    ENVID = "envid", "Envelope id"
    ORCPT = "orcpt", "Original recipient"
    MESSAGE_ID = "message_id", "Message-ID"
    HAND = "hand", "By hand"
    NOTHING = "", "Nothing: in quarantine"


class DeliveryReceipt(models.Model):
    """The stored record of one recipient's block of a report; in quarantine while `recipient` is empty."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inbound = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, related_name="receipts")
    position = models.PositiveIntegerField(default=0, help_text="Which block of the report, counted from 0.")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, null=True, related_name="receipts")
    likely_recipient = models.ForeignKey(
        Recipient,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="In quarantine: whom it would speak of, if it could be believed.",
    )
    application = models.ForeignKey(Application, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    received_at = models.DateTimeField()
    matched_by = models.CharField(max_length=12, choices=MatchedBy.choices, blank=True, default=MatchedBy.NOTHING)
    evidence = models.CharField(max_length=10, choices=Evidence.choices, default=Evidence.NONE)
    applied = models.BooleanField(default=False, help_text="Did it take effect?")
    note = models.CharField(max_length=300, blank=True, help_text="Why it was not applied, or is in quarantine.")
    decided_by = models.CharField(max_length=150, blank=True, help_text="The operator who attached or dismissed it.")
    dismissed_at = models.DateTimeField(null=True, help_text="When it was taken out of quarantine as nobody's.")
    sealed = models.BooleanField(default=False, help_text="Is it, as it stands, in its application's chain?")

    action = models.CharField(max_length=10, blank=True)
    status = models.CharField(max_length=12, blank=True, help_text="Enhanced status code (RFC 3463).")
    diagnostic = models.TextField(blank=True)
    reason = models.CharField(max_length=30, blank=True)
    hard = models.BooleanField(default=False)
    explanation = models.CharField(max_length=500, blank=True)
    final_recipient = models.CharField(max_length=500, blank=True)
    original_recipient = models.CharField(max_length=500, blank=True)
    remote_mta = models.CharField(max_length=255, blank=True)
    last_attempt = models.DateTimeField(null=True)
    will_retry_until = models.DateTimeField(null=True)
    final_log_id = models.CharField(max_length=255, blank=True)
    reporting_mta = models.CharField(max_length=255, blank=True)
    received_from_mta = models.CharField(max_length=255, blank=True)
    dsn_gateway = models.CharField(max_length=255, blank=True)
    envelope_id = models.CharField(max_length=255, blank=True)
    arrival = models.DateTimeField(null=True)
    original_message_id = models.CharField(max_length=500, blank=True)
    report_fields = models.JSONField(
        default=list, help_text="All per-message fields of the report: [[name, value], …]."
    )
    recipient_fields = models.JSONField(default=list, help_text="All fields of this block: [[name, value], …].")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["inbound", "position"], name="receipt_once_per_block")]
        indexes = [
            models.Index(fields=["application", "id"], name="receipt_of_application"),
            models.Index(fields=["id"], condition=Q(sealed=False), name="receipt_unsealed"),
            models.Index(
                fields=["id"], condition=Q(recipient__isnull=True, dismissed_at__isnull=True), name="receipt_quarantine"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action or 'report'} {self.final_recipient}"


class ReceiptSeal(models.Model):
    """A link of the chain of one application's receipts, append-only: `hash` covers `content` and the link before.

    A receipt that was changed on purpose (attached by hand, read again) is sealed again by a later link.
    """

    id = models.BigAutoField(primary_key=True)
    chain = models.UUIDField(help_text="The application; all zeros for receipts that belong to none.")
    number = models.PositiveBigIntegerField(help_text="1, 2, 3… along the chain.")
    receipt = models.UUIDField(db_index=True)
    content = models.CharField(max_length=64, help_text="SHA-256 of the receipt's canonical form, in hex.")
    raw = models.CharField(max_length=64, help_text="SHA-256 of the mail it was read from, in hex.")
    hash = models.CharField(max_length=64, help_text="SHA-256 of the link before and of this one, in hex.")
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["chain", "number"]
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="seal_number")]

    def __str__(self) -> str:
        return f"link {self.number}"
