"""What is allowed, and yet probably not meant: sentences for the operator who has just saved it."""

from ipaddress import ip_address

from django.utils import timezone

from epm.choices import AfterTaking, MailboxProtocol, MailboxTransport, Scope, Transport
from epm.models import Application, Credential, EmailConnection, Mailbox


def about_connection(connection: EmailConnection) -> list[str]:
    """Doubts about a valid connection."""
    doubts = []
    transport = Transport(connection.transport)
    if (other := _transport_of_port(connection.port)) not in (None, transport):
        doubts.append(
            f"Port {connection.port} usually speaks {other.name}, not {transport.name}, "
            f"whose usual port is {transport.usual_port}. Send a test mail to be sure."
        )
    if connection.user_name and transport is Transport.TCP and not _is_loopback(connection.server):
        doubts.append(
            "With TCP the user name and password cross the network unprotected. Better choose TLS or STARTTLS."
        )
    return doubts


def about_mailbox(mailbox: Mailbox) -> list[str]:
    """Doubts about a valid mailbox."""
    doubts = []
    usual = MailboxProtocol(mailbox.protocol).usual_port(MailboxTransport(mailbox.transport))
    if mailbox.port in (110, 143, 993, 995) and mailbox.port != usual:
        doubts.append(
            f"Port {mailbox.port} is not the usual one of {mailbox.get_protocol_display()} with "
            f"{MailboxTransport(mailbox.transport).name}, which is {usual}."
        )
    if mailbox.transport == MailboxTransport.TCP and not _is_loopback(mailbox.server):
        doubts.append("With TCP the login and all mail cross the network unprotected. Better choose TLS or STARTTLS.")
    if mailbox.after_taking == AfterTaking.MARK:
        doubts.append("A mail that somebody reads in this mailbox before the platform does is not taken.")
    return doubts


def about_application(application: Application) -> list[str]:
    """Doubts about a valid application."""
    doubts = []
    if not application.notification_url:
        doubts.append("Without a notification URL nobody is told when a mail was sent or failed.")
    if application.supports_regular and not application.application_url:
        doubts.append("Without an application URL arriving mail is kept, but launches nothing.")
    if application.supports_regular and application.application_url and not application.addresses.exists():
        doubts.append("It takes regular mail but has no address yet: no mail can arrive for it.")
    return doubts


def about_credential(credential: Credential) -> list[str]:
    """Doubts about a valid credential."""
    doubts = []
    if credential.expires_at is not None and credential.expires_at <= timezone.now():
        doubts.append("Its expiry lies in the past: every call with it is refused.")
    if credential.takes_digest and credential.secret_hash and not credential.kept_secret:
        doubts.append("Of its secret only a hash was kept: renew the secret, and digests of the new one are taken.")
    if credential.manages_zones and not credential.may([Scope.MANAGE]):
        doubts.append("It manages all zones only together with the scope manage.")
    return doubts


def _transport_of_port(port: int) -> Transport | None:
    return next((transport for transport in Transport if transport.usual_port == port), None)


def _is_loopback(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return server == "localhost"
