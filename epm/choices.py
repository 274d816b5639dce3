"""The words operators choose from."""

from django.db import models


class MessageTypes(models.TextChoices):
    """What an application is launched for."""

    REGULAR = "regular", "Regular"
    DELIVERY = "delivery", "Delivery"
    REGULAR_AND_DELIVERY = "regular_and_delivery", "Regular and delivery"

    @property
    def include_delivery(self) -> bool:
        return self is not MessageTypes.REGULAR

    @property
    def include_regular(self) -> bool:
        return self is not MessageTypes.DELIVERY


class RegisteredDelivery(models.TextChoices):
    """Which delivery reports are asked for (NOTIFY, RFC 3461 4.1)."""

    SUCCESS = "success", "Success"
    FAILURE = "failure", "Failure"
    SUCCESS_AND_FAILURE = "success_and_failure", "Success and failure"
    DELAY = "delay", "Delay (and success and failure)"
    NEVER = "never", "Never"

    @property
    def notify(self) -> str:
        """The value of the NOTIFY parameter."""
        return _NOTIFY[self]


_NOTIFY = {
    RegisteredDelivery.SUCCESS: "SUCCESS",
    RegisteredDelivery.FAILURE: "FAILURE",
    RegisteredDelivery.SUCCESS_AND_FAILURE: "SUCCESS,FAILURE",
    RegisteredDelivery.DELAY: "SUCCESS,FAILURE,DELAY",
    RegisteredDelivery.NEVER: "NEVER",
}


class Transport(models.TextChoices):
    """How the connection to a mail server is secured."""

    TCP = "tcp", "TCP (plain, port 25)"
    TLS = "tls", "TLS (from the first byte, port 465)"
    STARTTLS = "starttls", "STARTTLS (port 587)"

    @property
    def usual_port(self) -> int:
        return {Transport.TCP: 25, Transport.TLS: 465, Transport.STARTTLS: 587}[self]


class MailboxProtocol(models.TextChoices):
    """How a mailbox is read."""

    IMAP = "imap", "IMAP4"
    POP3 = "pop3", "POP3"

    def usual_port(self, transport: "MailboxTransport") -> int:
        plain, secured = (143, 993) if self is MailboxProtocol.IMAP else (110, 995)
        return secured if transport is MailboxTransport.TLS else plain


class MailboxTransport(models.TextChoices):
    """How the connection to a mailbox is secured."""

    TCP = "tcp", "TCP (plain)"
    TLS = "tls", "TLS (from the first byte)"
    STARTTLS = "starttls", "STARTTLS"


class MailboxLogin(models.TextChoices):
    """How the platform proves to a mailbox's server who it is."""

    PASSWORD = "password", "User name and password"
    OAUTH2 = "oauth2", "OAuth 2.0 (XOAUTH2)"


class AfterTaking(models.TextChoices):
    """What becomes of a mail in its mailbox once it is stored here."""

    MARK = "mark", "Mark as read"
    DELETE = "delete", "Delete"
    MOVE = "move", "Move to a folder"


class ConnectionKind(models.TextChoices):
    """Where a connection delivers to."""

    SMARTHOST = "smarthost", "One mail server, which sends on"
    DIRECT = "direct", "Directly to the mail servers of each recipient's domain"


class TlsPolicy(models.TextChoices):
    """How well the way to a recipient's mail server must be protected."""

    NONE = "none", "None"
    OPPORTUNISTIC = "opportunistic", "Opportunistic: encrypted where the server offers it"
    REQUIRED = "required", "Required: encrypted, or not sent"
    VERIFIED = "verified", "Verified: encrypted, with a certificate that proves the server's name"


class InDoubtPolicy(models.TextChoices):
    """What to do with a mail that was on the wire when a worker died (RFC 1047)."""

    RESEND = "resend", "Send it again"
    HOLD = "hold", "Hold it for a person"
    WAIT = "wait", "Wait for a receipt, then send it again"


class SigningAlgorithm(models.TextChoices):
    """How mail is signed (RFC 8301: RSA with 2048 bits; RFC 8463: Ed25519, which few receivers verify yet)."""

    RSA = "rsa-sha256", "RSA, 2048 bits"
    ED25519 = "ed25519-sha256", "Ed25519"


class KeyState(models.TextChoices):
    """The life of a signing key, in order."""

    NEW = "new", "New"
    PUBLISHED = "published", "Published"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Channel(models.TextChoices):
    """What kind of application a credential belongs to."""

    EMAIL = "email", "Email"
    VOICE = "voice", "Voice"
    SMS = "sms", "SMS"
    OTHER = "other", "Other"


class Scope(models.TextChoices):
    """What a credential may do."""

    SEND = "send", "Send email"
    LAUNCH = "launch", "Launch applications"
    READ = "read", "Read status and receipts"
    MANAGE = "manage", "Manage the configuration"
