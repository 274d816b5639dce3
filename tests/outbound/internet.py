"""A small internet on loopback: mail servers that listen on one port of several addresses, and a name server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from email_processor.models import Recipient
from email_processor.outbound.acceptance import accept
from email_processor.outbound.sending import drain
from email_processor.simulator import RunningWorld, running_world
from epm.choices import ConnectionKind, Transport
from epm.models import EmailConnection, Zone
from tests import factories
from tests.outbound.dns_server import NameServer, name_server
from tests.outbound.submissions import make_submission


@dataclass
class Internet:
    """Sinks that listen on one port of different addresses, and a name server that knows them."""

    names: NameServer
    exits: ExitStack
    port: int = 0
    sinks: dict[str, RunningWorld] = field(default_factory=dict)

    def sink(self, address: str, **options: Any) -> RunningWorld:
        world = self.exits.enter_context(running_world(host=address, port=self.port, slow_reply=0.3, **options))
        self.port = world.port
        self.sinks[address] = world
        return world


@contextmanager
def small_internet() -> Iterator[Internet]:
    """shop.example has a first and a second server, of which the test starts what it needs."""
    records = {
        "shop.example MX": ["10 first.shop.example.", "20 second.shop.example."],
        "first.shop.example A": ["127.0.0.2"],
        "second.shop.example A": ["127.0.0.3"],
        "bare.example A": ["127.0.0.2"],
        "six.example AAAA": ["::1"],
        "dead.example A": ["127.0.0.9"],
        "null.example MX": ["0 ."],
    }
    with ExitStack() as exits:
        yield Internet(exits.enter_context(name_server(NameServer(records))), exits)


def directly(zone: Zone, internet: Internet, **fields: Any) -> EmailConnection:
    defaults = {"kind": ConnectionKind.DIRECT, "server": "", "port": internet.port, "transport": Transport.STARTTLS}
    return factories.make_connection(zone, "direct", **{**defaults, **fields})


def drained(zone: Zone, *addresses: str) -> Recipient:
    """The first recipient of a mail that was accepted and drained."""
    recipient = accept(make_submission(zone, *addresses)).recipients[0]
    drain(zone.name)
    return Recipient.objects.get(pk=recipient.pk)


def smtp_of(recipient: Recipient) -> dict[str, Any]:
    return recipient.events.order_by("sequence").reverse()[0].data["smtp"]  # type: ignore[no-any-return]
