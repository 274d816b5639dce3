"""Which way a mail goes out: the connection it was accepted for, or the simulated world of the sandbox."""

from dataclasses import dataclass, field

from django.conf import settings

from epm.choices import Transport
from epm.models import EmailConnection

SANDBOX = 0
"""Stands where the key of a connection would, for mails to the simulated world (keys begin at 1)."""
_SIMULATOR_CONNECTIONS = 20


@dataclass(frozen=True, slots=True)
class Route:
    """A server and how to reach it. `limit` is how many connections one worker opens to it at most.

    `way` is the key of the EmailConnection it was made from, or SANDBOX.
    """

    way: int
    host: str
    port: int
    transport: Transport
    limit: int
    verify: bool = True
    user_name: str = ""
    password: str = field(default="", repr=False)


def route_of(connection: EmailConnection | None) -> Route:
    """The route of a connection, or of the sandbox where there is none."""
    if connection is None:
        return Route(
            SANDBOX, settings.EPM_SIMULATOR_HOST, settings.EPM_SIMULATOR_PORT, Transport.TCP, _SIMULATOR_CONNECTIONS
        )
    return Route(
        way=connection.pk,
        host=connection.server,
        port=connection.port,
        transport=Transport(connection.transport),
        limit=max(1, connection.max_connections),
        verify=connection.verify_certificate,
        user_name=connection.user_name,
        password=connection.password,
    )
