from uuid import UUID

from django.db import models
from django.db.models import F, Q

from email_processor.models.message import Message, Priority
from epm.models import Application, Credential, Zone
from lib.claims import Claimable
from lib.ids import new_id


class State(models.TextChoices):
    """Where a recipient stands (docs/flow.md draws the moves; `lifecycle.py` makes them)."""

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DEFERRED = "deferred", "Deferred"
    FAILED = "failed", "Failed"
    IN_DOUBT = "in_doubt", "In doubt"
    EXPIRED = "expired", "Expired"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"
    SUPPRESSED = "suppressed", "Suppressed"
    RELAYED = "relayed", "Relayed"
    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Bounced"


ASKING = (State.DEFERRED, State.IN_DOUBT, State.HELD)
"""States that operators look for: always few rows."""


RESTING = tuple(state for state in State if state not in (State.QUEUED, State.SENDING, State.SENT))
"""States of which one application may have none among millions, so that a search for them needs an index of its own. The others
are passed through by every mail: an index of those would be written again and again, and their mails are among the newest.
"""

_ANY_WAY = "any"

EXPIRES = Q(expire_at__gte=F("expire_at"))
"""Always true. Only who says so may use the index `recipient_expiring`: no claim does, because a planner that believes the queue
to be empty would take that index for the queue, and read all of it (docs/decisions/0013-plans-that-cannot-go-wrong.md).
"""

WATCHED = (State.SENDING, State.IN_DOUBT)
"""States that the sweep looks after: what is on the wire, and what waits for a receipt."""


class EventType(models.TextChoices):
    """What can happen to a recipient. Most types are the state they lead to; the rest change no state."""

    ACCEPTED = "accepted", "Accepted"
    SENT = "sent", "Sent"
    DEFERRED = "deferred", "Deferred"
    FAILED = "failed", "Failed"
    IN_DOUBT = "in_doubt", "In doubt"
    EXPIRED = "expired", "Expired"
    HELD = "held", "Held"
    REQUEUED = "requeued", "Queued again"
    CANCELLED = "cancelled", "Cancelled"
    SUPPRESSED = "suppressed", "Suppressed"
    DELIVERED = "delivered", "Delivered"
    RELAYED = "relayed", "Relayed"
    BOUNCED = "bounced", "Bounced"
    DELAYED = "delayed", "Delayed"
    EXPANDED = "expanded", "Expanded"
    COMPLAINED = "complained", "Complained"
    READ = "read", "Read"
    OVERDUE = "overdue", "Overdue"


def share_of(message: Message) -> str:
    """Whose mails stand behind each other in the queue: those of one application that go the same way out."""
    way = 0 if message.sandbox else message.connection_id or _ANY_WAY
    return f"{way}/{message.application_id or ''}"


def owner_of(message: Message) -> str | None:
    """The key of the credential that may see the recipients, where no application owns them."""
    return None if message.application_id else message.credential_id


def way_of(share: str) -> int | None:
    """The way out of a share: a connection's key, 0 for the sandbox, None for any of its zone's."""
    way = share.partition("/")[0]
    return None if way == _ANY_WAY else int(way)


def application_of(share: str) -> UUID | None:
    """The application of a share; None where its mails belong to none."""
    key = share.partition("/")[2]
    return UUID(key) if key else None


class Recipient(Claimable):
    """One address of a Message. Owns the state, which `lifecycle` alone writes; `due_at` is its place in the queue."""

    class Kind(models.TextChoices):
        TO = "to", "To"
        CC = "cc", "Cc"
        BCC = "bcc", "Bcc"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Written in one transaction with its message, whose constraints hold zone and application: to check costs every mail.
    message = models.ForeignKey(Message, on_delete=models.CASCADE, db_constraint=False, related_name="recipients")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False, related_name="+"
    )
    credential = models.ForeignKey(
        Credential,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        help_text="Its message's, where that belongs to no application: who sent it may see it.",
    )
    kind = models.CharField(max_length=3, choices=Kind.choices, default=Kind.TO)
    address = models.CharField(max_length=320, help_text="The domain in lower case.")
    name = models.CharField(max_length=200, blank=True)
    notify = models.CharField(
        max_length=30, blank=True, help_text="NOTIFY (RFC 3461 4.1): SUCCESS,FAILURE,DELAY or NEVER."
    )
    orcpt = models.CharField(max_length=500, help_text="ORCPT (RFC 3461 4.2), decoded: type;address.")
    metadata = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    state_at = models.DateTimeField()
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    share = models.CharField(max_length=60, editable=False, help_text="Its line in the queue (`share_of`).")
    expire_at = models.DateTimeField(editable=False, help_text="As its message says.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was put on the wire.")
    events_count = models.PositiveIntegerField(default=0, help_text="Sequence of the last Event.")
    told_count = models.PositiveIntegerField(default=0, help_text="Sequence of the last notification.")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["zone", "priority", "share", "due_at"], condition=Q(due_at__isnull=False), name="recipient_due"
            ),
            models.Index(fields=["expire_at"], condition=Q(due_at__isnull=False) & EXPIRES, name="recipient_expiring"),
            models.Index(fields=["expire_at"], condition=Q(state=State.HELD), name="recipient_held"),
            models.Index(fields=["state", "due_at"], condition=Q(state__in=WATCHED), name="recipient_watched"),
            models.Index(fields=["address", "id"], name="recipient_address"),
            models.Index(fields=["application", "id"], name="recipient_of_application"),
            models.Index(
                fields=["credential", "id"], condition=Q(credential__isnull=False), name="recipient_of_credential"
            ),
            models.Index(fields=["state", "id"], condition=Q(state__in=ASKING), name="recipient_asking"),
            models.Index(
                fields=["application", "state", "id"], condition=Q(state__in=RESTING), name="recipient_resting"
            ),
        ]

    def __str__(self) -> str:
        return self.address


class Recall(models.Model):
    """Somebody wants back what is on the wire: its worker holds or cancels it, unless its content has begun to leave."""

    recipient = models.OneToOneField(
        Recipient, on_delete=models.CASCADE, db_constraint=False, primary_key=True, related_name="+"
    )
    to = models.CharField(
        max_length=10, choices=[(state.value, state.label) for state in (State.HELD, State.CANCELLED)]
    )
    why = models.TextField(help_text="Who wants it, in words.")

    def __str__(self) -> str:
        return f"{self.recipient_id} to be {self.to}"


class Event(models.Model):
    """Append-only: what happened to a Recipient, numbered 1, 2, 3… per recipient.

    `data` holds {"smtp": {…}} or {"receipt": {…}} in the shapes of contract.md 6, and {"why": …} where a person should know.
    """

    # Written together with its recipient, or while that is locked: to check that it is there costs every mail twice.
    recipient = models.ForeignKey(
        Recipient, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="events"
    )
    sequence = models.PositiveIntegerField()
    type = models.CharField(max_length=12, choices=EventType.choices)
    state = models.CharField(max_length=10, choices=State.choices, help_text="The state after it.")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["recipient", "sequence"]
        constraints = [models.UniqueConstraint(fields=["recipient", "sequence"], name="event_sequence")]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.type}"
