"""Rows for tests, each valid as it stands; give only what the test is about."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from email_processor import lifecycle
from email_processor.models import Content, Message, Recipient, State
from email_processor.models.recipient import owner_of, share_of
from epm.choices import InDoubtPolicy, MessageTypes, RegisteredDelivery, Transport
from epm.models import Application, ApplicationAddress, Credential, EmailConnection, Zone
from lib.ids import new_id


def make_zone(name: str = "main", **fields: Any) -> Zone:
    return Zone.objects.create(name=name, **{"sender_domains": "example.com", **fields})


def make_connection(zone: Zone, name: str = "way out", **fields: Any) -> EmailConnection:
    """A plain connection to a server on loopback; give `port` to reach a real one."""
    defaults = {
        "server": "127.0.0.1",
        "transport": Transport.TCP,
        "port": 1,
        "return_path_domain": "bounces.example.com",
        "registered_delivery": RegisteredDelivery.SUCCESS_AND_FAILURE,
    }
    return EmailConnection.objects.create(zone=zone, name=name, **{**defaults, **fields})


def make_application(zone: Zone, name: str = "orders", addresses: tuple[str, ...] = (), **fields: Any) -> Application:
    """An application that hears everything; its URLs answer nothing until a test names real ones."""
    defaults = {
        "message_types": MessageTypes.REGULAR_AND_DELIVERY,
        "application_url": "http://127.0.0.1:9/application",
        "notification_url": "http://127.0.0.1:9/notify",
    }
    application = Application.objects.create(zone=zone, name=name, **{**defaults, **fields})
    for address in addresses:
        ApplicationAddress.objects.create(application=application, address=address)
    return application


def make_credential(zone: Zone, *applications: Application, **fields: Any) -> tuple[Credential, str]:
    """A credential and its secret."""
    credential = Credential(zone=zone, **{"name": "test", **fields})
    secret = credential.renew_secret()
    credential.save()
    credential.applications.set(applications)
    return credential, secret


def make_message(
    zone: Zone,
    *addresses: str,
    application: Application | None = None,
    connection: EmailConnection | None = None,
    recipient: dict[str, Any] | None = None,
    **fields: Any,
) -> Message:
    """An accepted mail with its recipients queued and due, as acceptance leaves it."""
    now, id = timezone.now(), new_id()
    mime = b"From: shop@example.com\r\nTo: someone@example.net\r\nSubject: Hello\r\n\r\nHello\r\n"
    defaults = {
        "sender": "shop@example.com",
        "from_header": "shop@example.com",
        "subject": "Hello",
        "message_id_header": f"<{id}@epm.localhost>",
        "envid": str(id),
        "return_path_domain": "bounces.example.com",
        "expire_at": now + timedelta(days=5),
        "in_doubt_policy": InDoubtPolicy.RESEND,
        "size": len(mime),
        "accepted_at": now,
    }
    message = Message.objects.create(
        id=id, zone=zone, application=application, connection=connection, **{**defaults, **fields}
    )
    Content.objects.create(message=message, mime=mime)
    rows = {
        "state": State.QUEUED,
        "state_at": now,
        "due_at": now,
        "notify": "SUCCESS,FAILURE",
        **(recipient or {}),
    }
    rows |= {"share": share_of(message), "credential_id": owner_of(message), "expire_at": message.expire_at}
    lifecycle.enter(
        [
            Recipient(
                message=message, zone=zone, application=application, address=address, orcpt=f"rfc822;{address}", **rows
            )
            for address in addresses or ("someone@example.net",)
        ]
    )
    return message
