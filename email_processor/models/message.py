from django.db import models

from epm.choices import InDoubtPolicy
from epm.models import Application, Credential, EmailConnection, Zone
from lib.ids import new_id


class Priority(models.IntegerChoices):
    """Smaller goes first."""

    HIGH = 1, "high"
    NORMAL = 5, "normal"
    LOW = 9, "low"


class Ret(models.TextChoices):
    """How much of the mail a failure report returns (RFC 3461 4.3)."""

    FULL = "FULL", "Full"
    HDRS = "HDRS", "Headers"


class Message(models.Model):
    """An accepted mail, immutable after acceptance. It has no state of its own: its recipients have."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, db_index=False, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    credential = models.ForeignKey(Credential, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    connection = models.ForeignKey(
        EmailConnection,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="The way out its caller named; empty where it takes any of its zone's, and in the sandbox.",
    )
    session = models.ForeignKey(
        "email_processor.Session", on_delete=models.SET_NULL, null=True, db_index=False, related_name="messages"
    )
    sender = models.CharField(max_length=320, help_text="The mailbox of From, without its display name.")
    from_header = models.TextField()
    subject = models.TextField(blank=True)
    message_id_header = models.CharField(max_length=250, help_text="With its angle brackets.")
    envid = models.CharField(max_length=100)
    ret = models.CharField(max_length=4, choices=Ret.choices, default=Ret.HDRS)
    return_path_domain = models.CharField(max_length=253)
    ucid = models.CharField(max_length=200, blank=True)
    caller_session = models.CharField(max_length=200, blank=True, help_text="The sessionID the caller gave.")
    parent = models.CharField(max_length=200, blank=True, help_text="The parentID the caller gave.")
    tags = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    send_at = models.DateTimeField(null=True)
    expire_at = models.DateTimeField(help_text="What is not sent by then ends as expired.")
    tell_by = models.DateTimeField(null=True)
    sandbox = models.BooleanField(default=False)
    in_doubt_policy = models.CharField(max_length=10, choices=InDoubtPolicy.choices)
    size = models.PositiveIntegerField(help_text="Octets of the MIME bytes.")
    smtputf8 = models.BooleanField(default=False, help_text="Needs SMTPUTF8 (RFC 6531) all the way.")
    accepted_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        # `unique=True` would also make an index for beginnings of it, which nobody asks for.
        constraints = [models.UniqueConstraint(fields=["message_id_header"], name="message_id_header_once")]
        indexes = [
            models.Index(fields=["ucid"], condition=~models.Q(ucid=""), name="message_ucid"),
            models.Index(fields=["envid"], name="message_envid"),
            models.Index(fields=["session"], condition=models.Q(session__isnull=False), name="message_of_session"),
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id_header


class Content(models.Model):
    """The MIME bytes of a Message, built once at acceptance; retention may redact them."""

    # Written in one transaction with its message: to check that it is there costs every mail.
    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="content"
    )
    mime = models.BinaryField()
    redacted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"content of {self.message_id}"


class Attachment(models.Model):
    """What was attached, for people to see; its bytes are inside the Content."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    file_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size = models.PositiveIntegerField(help_text="Octets before encoding.")
    url = models.CharField(max_length=2000, blank=True, help_text="Where it was fetched from, if it was.")

    def __str__(self) -> str:
        return self.file_name
